#include "check.hpp"
#include "corral.h"

#include <string>

using namespace corral_test;

namespace {

std::string grammar_of(const std::string &schema) {
    char *gbnf = nullptr;
    corral_error error = {};
    CHECK_FOUND(corral_schema_to_grammar(schema.c_str(), &gbnf, &error) == CORRAL_OK, error.message);
    const std::string result = gbnf;
    corral_free_string(gbnf);
    return result;
}

std::string refusal_of(const std::string &schema) {
    char *gbnf = nullptr;
    corral_error error = {};
    CHECK(corral_schema_to_grammar(schema.c_str(), &gbnf, &error) == CORRAL_INVALID_ARGUMENT);
    CHECK(gbnf == nullptr);
    CHECK(error.code == CORRAL_INVALID_ARGUMENT);
    return error.message;
}

} // namespace

TEST("a schema becomes a grammar") {
    const std::string gbnf =
        grammar_of(R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})");
    CHECK_FOUND(gbnf.find("root ::=") != std::string::npos, gbnf);
    CHECK_FOUND(gbnf.find("name") != std::string::npos, gbnf);
}

TEST("what is no JSON is no schema") {
    CHECK_FOUND(refusal_of("{\"type\":").find("parse error") != std::string::npos, refusal_of("{\"type\":"));
    CHECK(!refusal_of("").empty());
}

TEST("a schema that cannot be converted is refused with the reason") {
    const std::string message = refusal_of(R"({"type":"colour"})");
    CHECK_FOUND(message.find("colour") != std::string::npos, message);
    CHECK(!refusal_of(R"({"$ref":"#/nowhere"})").empty());
}

TEST("a pattern with nothing to repeat is refused") {
    for (const char *pattern : {"^*$", "^+a$", "^?$", "^{2}$", "^(*)$"}) {
        const std::string message = refusal_of(std::string(R"({"type":"string","pattern":")") + pattern + "\"}");
        CHECK_FOUND(message.find("nothing to repeat") != std::string::npos, message);
    }
}

TEST("a schema nested too deeply is refused") {
    std::string schema = R"({"type":"string"})";
    for (int i = 0; i < 3000; ++i) {
        schema = R"({"type":"array","items":)" + schema + "}";
    }
    CHECK_FOUND(refusal_of(schema).find("nested") != std::string::npos, refusal_of(schema));
    CHECK(refusal_of(std::string(100000, '[')).find("nested") != std::string::npos);
}
