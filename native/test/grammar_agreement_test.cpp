// What a grammar allows is what llama.cpp's own grammar sampler allows, where that one comes to an end.

#include "check.hpp"
#include "model.hpp"

#include <cmath>
#include <random>

using namespace corral_test;

namespace {

const char *const json = R"(root ::= object
value ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
)";

const std::vector<std::string> grammars = {
    json,
    "root ::= (expr \"=\" ws term \"\\n\")+\nexpr ::= term ([-+*/] term)*\nterm ::= ident | num | \"(\" ws expr \")\" ws\n"
    "ident ::= [a-z] [a-z0-9_]* ws\nnum ::= [0-9]+ ws\nws ::= [ \\t\\n]*",
    "root ::= [^a-z]{1,5} .{3} \"the\" | \"日本語\" [ぁ-ゟ]+ | [\\u00c0-\\u017f]{2,9}",
    "root ::= (\"a\" | \"an\" | \"and\" | \"the\" | \" \")* [.!?]",
    "root ::= \"x\"? (\"yes\" | \"no\") [ ]?",
};

std::vector<bool> allowed(llama_sampler *grammar) {
    const int32_t n = llama_vocab_n_tokens(vocab());
    std::vector<llama_token_data> data(n);
    for (llama_token token = 0; token < n; ++token) {
        data[token] = {token, 0.0f, 0.0f};
    }
    llama_token_data_array candidates = {data.data(), data.size(), -1, false};
    llama_sampler_apply(grammar, &candidates);
    std::vector<bool> result(n);
    for (const llama_token_data &candidate : data) {
        result[candidate.id] = candidate.logit == 0.0f;
    }
    return result;
}

sampler ours(const std::string &gbnf) {
    llama_sampler *created = nullptr;
    corral_error error = {};
    CHECK_FOUND(corral_grammar_create(vocab(), gbnf.c_str(), "root", false, nullptr, 0, nullptr, 0, &created, &error) ==
                    CORRAL_OK,
                error.message);
    return sampler(created);
}

// Any allowed token, more often a short one, which leaves more to come.
llama_token choose(const std::vector<bool> &allowed, std::mt19937 &random) {
    llama_token chosen = -1;
    size_t length = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto token = static_cast<llama_token>(random() % allowed.size());
        if (allowed[token] && (chosen < 0 || (random() % 4 == 0 && piece(token).size() < length))) {
            chosen = token;
            length = piece(token).size();
        }
    }
    for (size_t token = 0; token < allowed.size() && chosen < 0; ++token) {
        chosen = allowed[token] ? static_cast<llama_token>(token) : -1;
    }
    return chosen;
}

} // namespace

TEST("a grammar allows the tokens that llama.cpp's allows") {
    std::mt19937 random(11);
    for (const std::string &gbnf : grammars) {
        for (int text = 0; text < 2; ++text) {
            sampler our = ours(gbnf);
            const sampler their(llama_sampler_init_grammar(vocab(), gbnf.c_str(), "root"));
            std::string written;
            for (int i = 0; i < 12; ++i) {
                const std::vector<bool> expected = allowed(their.get());
                const std::vector<bool> found = allowed(our.get());
                for (size_t token = 0; token < expected.size(); ++token) {
                    CHECK_FOUND(expected[token] == found[token],
                                written + " | " + piece(static_cast<llama_token>(token)));
                }
                const llama_token token = choose(expected, random);
                if (token < 0 || llama_vocab_is_eog(vocab(), token)) {
                    break;
                }
                written += piece(token);
                CHECK(corral_accept(our.get(), &token, 1, nullptr) == CORRAL_OK);
                llama_sampler_accept(their.get(), token);
                if (i % 5 == 4) {
                    our.reset(llama_sampler_clone(our.get()));
                }
            }
        }
    }
}

TEST("hostile grammars are used up to a bounded amount of work") {
    std::string alternatives = "root ::= (";
    for (int i = 0; i < 300; ++i) {
        alternatives += (i == 0 ? "" : " | ") + std::string("[a-z]{0,60} \"") + static_cast<char>('a' + i % 26) + "\"";
    }
    const std::vector<std::string> hostile = {
        "root ::= [a-h]?{0,99} \"x\"",
        "root ::= ([a-z]* [a-z]*)* \"!\"",
        "root ::= a a a a a a a a a a \"!\"\na ::= ([a-z]+ | [a-z] a)?",
        "root ::= \"a\" root \"a\" | \"a\" root \"b\" | \"a\"",
        "root ::= (([a-z]? [a-z]?)? ([a-z]? [a-z]?)?){0,30}",
        "root ::= s\ns ::= \"(\" s \")\" s | \"(\" s | [a-z ]? s2\ns2 ::= [a-z ]? | [a-z] s2 [a-z]?",
        alternatives + "){0,20}",
        "root ::= .{0,1999} .{0,1999} .{0,1999}",
    };
    for (const std::string &gbnf : hostile) {
        llama_sampler *created = nullptr;
        corral_error error = {};
        if (corral_grammar_create(vocab(), gbnf.c_str(), "root", false, nullptr, 0, nullptr, 0, &created, &error) !=
            CORRAL_OK) {
            CHECK(error.message[0] != '\0');
            continue;
        }
        const sampler grammar(created);
        decoded decoded("aaaa");
        const sampler chain = greedy();
        int32_t output = decoded.last();
        corral_row row = {};
        row.grammar = grammar.get();
        row.chain = chain.get();
        for (int i = 0; i < 30; ++i) {
            row.output = output;
            if (corral_sample(decoded.context.get(), &row, 1) != 0) {
                CHECK_FOUND(std::string(row.message).find("ambiguous") != std::string::npos, row.message);
                break;
            }
            if (llama_vocab_is_eog(vocab(), row.token)) {
                break;
            }
            decoded.decode(row.token);
            output = 0;
        }
    }
}

TEST("a text that is nested deeply is followed for long") {
    const sampler grammar = ours("root ::= \"(\" root \")\" | \"x\"");
    const std::vector<llama_token> open = tokenize("(");
    CHECK(open.size() == 1);
    for (int i = 0; i < 20000; ++i) {
        CHECK(corral_accept(grammar.get(), open.data(), 1, nullptr) == CORRAL_OK);
    }
}

TEST("a long text in few states is followed without growing") {
    const sampler grammar = ours("root ::= ([a-z]{1,9} \" \"?)+");
    for (const llama_token token : tokenize("word by word the text goes on and on")) {
        for (int i = 0; i < 2000; ++i) {
            corral_accept(grammar.get(), &token, 1, nullptr);
        }
    }
    CHECK(allowed(grammar.get())[tokenize("word")[0]]);
}
