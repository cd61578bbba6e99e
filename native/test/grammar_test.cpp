#include "check.hpp"
#include "model.hpp"

using namespace corral_test;

namespace {

struct grammar_request {
    std::string gbnf;
    std::string root = "root";
    bool lazy = false;
    std::vector<const char *> patterns = {};
    std::vector<llama_token> tokens = {};

    int32_t create(llama_sampler **grammar, corral_error *error) {
        return corral_grammar_create(vocab(), gbnf.c_str(), root.c_str(), lazy, patterns.data(),
                                     static_cast<int32_t>(patterns.size()), tokens.data(),
                                     static_cast<int32_t>(tokens.size()), grammar, error);
    }
};

sampler grammar(grammar_request request) {
    llama_sampler *created = nullptr;
    corral_error error = {};
    CHECK_FOUND(request.create(&created, &error) == CORRAL_OK, error.message);
    return sampler(created);
}

std::string refusal_of(grammar_request request) {
    llama_sampler *created = nullptr;
    corral_error error = {};
    CHECK_FOUND(request.create(&created, &error) == CORRAL_INVALID_ARGUMENT, request.gbnf.substr(0, 200));
    CHECK(created == nullptr);
    return error.message;
}

void check_refused(const std::string &gbnf, const std::string &reason) {
    const std::string message = refusal_of({gbnf});
    CHECK_FOUND(message.find(reason) != std::string::npos, message);
}

bool allows(llama_sampler *grammar, llama_token token) {
    llama_token_data candidate = {token, 1.0f, 0.0f};
    llama_token_data_array candidates = {&candidate, 1, -1, false};
    llama_sampler_apply(grammar, &candidates);
    return candidate.logit == 1.0f;
}

int32_t accept(llama_sampler *grammar, llama_token token, corral_error *error = nullptr) {
    return corral_accept(grammar, &token, 1, error);
}

llama_token only_token(const std::string &text) {
    const std::vector<llama_token> tokens = tokenize(text);
    CHECK_FOUND(tokens.size() == 1, text);
    return tokens[0];
}

} // namespace

TEST("a malformed grammar is refused with the reason") {
    check_refused("root ::= \"unclosed", "end of input");
    check_refused("root = \"a\"", "expecting ::=");
    check_refused("root ::= ( \"a\"", "expecting ')'");
    check_refused("root ::= \"a\" | *", "preceding item");
    check_refused("root ::= other", "no rule 'other'");
    check_refused("root ::= (other)\nroot ::= \"a\"", "no rule 'other'");
    check_refused("start ::= \"a\"", "no rule 'root'");
    check_refused("", "empty");
    check_refused("# nothing\n", "empty");
    check_refused("root ::= \"\\q\"", "unknown escape");
    check_refused("root ::= [a", "end of input");
    check_refused("root ::= <[99999999999999999999]>", "stoul");
}

TEST("an llguidance grammar is refused") {
    check_refused("%llguidance {}\nstart: \"a\"", "llguidance");
}

TEST("left recursion is refused, also through rules that may be empty") {
    check_refused("root ::= root \"a\" | \"b\"", "'root' of the grammar is left-recursive");
    check_refused("root ::= a\na ::= b \"x\"\nb ::= a | \"y\"", "left-recursive");
    check_refused("root ::= blank root \"x\" | \"y\"\nblank ::= space\nspace ::= \" \" | \"\"", "left-recursive");
    grammar({"root ::= \"(\" root \")\" | \"x\""});
    const sampler repeated = grammar({"root ::= (\"a\"? \"b\"?)+ ((\"c\")*)* \"x\""});
    CHECK(allows(repeated.get(), only_token("c")));
    for (const char *text : {"b", "a", "c", "c", "x"}) {
        CHECK(accept(repeated.get(), only_token(text)) == CORRAL_OK);
    }
}

TEST("grammars that the parser does not survive are refused") {
    check_refused("root ::= " + std::string(3000, '(') + "\"a\"" + std::string(3000, ')'), "nested");
    check_refused("root ::= \"a\"{5,3}", "at least 5 and at most 3");
    check_refused("root ::= (\"a\"{ 7 , # why not\n 2 })", "at least 7 and at most 2");
    check_refused("root ::= \"" + std::string(2000, 'a') + "\"{2000}", "repetitions written out");
    check_refused("root ::= \"" + std::string(2000, 'a') + "\"{40}{40}", "repetitions written out");
    check_refused("root ::= \"a\"{2001}", "repetitions");

    std::string chain = "root ::= r0\n";
    for (int i = 0; i < 20000; ++i) {
        chain += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + "\n";
    }
    check_refused(chain + "r20000 ::= \"a\"\n", "too many other rules");
    check_refused("root ::= a{0,200} \"x\"\na ::= \"\" | b{0,200} \"y\"\nb ::= \"\" | \"b\"", "too many other rules");
}

TEST("large grammars that are sound are taken") {
    grammar({"root ::= [a-zA-Z0-9]{1,2000}"});
    grammar({"root ::= \"#[](){5,3}<>\" [#{(] \"\\\"\" # {5,3} (\n"});
    std::string alternatives = "root ::= v0";
    std::string rules;
    for (int i = 0; i < 1000; ++i) {
        alternatives += " | v" + std::to_string(i);
        rules += "v" + std::to_string(i) + " ::= \"value" + std::to_string(i) + "\"\n";
    }
    grammar({alternatives + "\n" + rules});
}

TEST("triggers are checked") {
    const char *invalid = "(unclosed";
    const std::string message = refusal_of({"root ::= \"a\"", "root", true, {invalid}, {}});
    CHECK_FOUND(message.find(invalid) != std::string::npos, message);
    const std::string deep(3000, '(');
    CHECK(!refusal_of({"root ::= \"a\"", "root", true, {deep.c_str()}, {}}).empty());
    CHECK(!refusal_of({"root ::= \"a\"", "root", true, {}, {-1}}).empty());
    CHECK(!refusal_of({"root ::= \"a\"", "root", true, {}, {llama_vocab_n_tokens(vocab())}}).empty());
    CHECK(!refusal_of({"root ::= \"a\"", "root", true, {}, {}}).empty());
    CHECK(!refusal_of({"root ::= \"a\"", "root", true, {nullptr}, {}}).empty());
}

TEST("a grammar allows what it says, and what it refused breaks it without ending the process") {
    const llama_token yes = only_token("yes");
    const llama_token no = only_token("no");
    const llama_token other = only_token("the");
    const llama_token end = llama_vocab_eos(vocab());
    const sampler choice = grammar({"root ::= \"yes\" | \"no\""});

    CHECK(allows(choice.get(), yes) && allows(choice.get(), no));
    CHECK(!allows(choice.get(), other) && !allows(choice.get(), end));

    corral_error error = {};
    CHECK(accept(choice.get(), end, &error) == CORRAL_INVALID_ARGUMENT);
    CHECK_FOUND(std::string(error.message).find("ends where") != std::string::npos, error.message);
    const sampler copy(llama_sampler_clone(choice.get()));
    CHECK(accept(choice.get(), yes) == CORRAL_OK);
    CHECK(!allows(choice.get(), yes) && allows(choice.get(), end));
    CHECK(accept(choice.get(), end) == CORRAL_OK);

    CHECK(accept(copy.get(), other) == CORRAL_FAILED);
    CHECK(accept(copy.get(), yes, &error) == CORRAL_INVALID_ARGUMENT);
    CHECK_FOUND(std::string(error.message).find("cannot go on") != std::string::npos, error.message);
    llama_sampler_reset(copy.get());
    CHECK(accept(copy.get(), no) == CORRAL_OK);

    CHECK(accept(choice.get(), llama_vocab_n_tokens(vocab())) != CORRAL_OK);
    CHECK(accept(choice.get(), -1) == CORRAL_INVALID_ARGUMENT);
}

TEST("a lazy grammar constrains nothing before its trigger") {
    const llama_token the = only_token("the");
    const llama_token yes = only_token("yes");
    const sampler lazy = grammar({"root ::= \"yes\" \"no\"", "root", true, {"[\\s\\S]*?(yes)[\\s\\S]*"}, {}});
    CHECK(allows(lazy.get(), the));
    CHECK(accept(lazy.get(), the) == CORRAL_OK);
    CHECK(accept(lazy.get(), yes) == CORRAL_OK);
    CHECK(!allows(lazy.get(), the));
    CHECK(allows(lazy.get(), only_token("no")));
}

TEST("a trigger that backtracks for ever ends its own grammar") {
    for (const char *pattern : {"(.*a?){30}Q", "(([a-z ]+)+)+Q", "(|a|aa){40}Q", "x?[^]*[^]*[^]*[^]*[^]*Q"}) {
        const sampler lazy = grammar({"root ::= \"x\"", "root", true, {pattern}, {}});
        corral_error error = {};
        int32_t code = CORRAL_OK;
        for (const llama_token token : tokenize(std::string(200, 'a') + " b" + std::string(200, 'a'))) {
            code = code == CORRAL_OK ? accept(lazy.get(), token, &error) : code;
        }
        CHECK(code == CORRAL_INVALID_ARGUMENT);
        CHECK_FOUND(std::string(error.message).find("too long to be searched for") != std::string::npos, error.message);
    }
}

TEST("a trigger is found behind a long text") {
    const sampler lazy = grammar({"root ::= \"yes\" \"no\"", "root", true, {"[^]*never", "(yes)"}, {}});
    const llama_token the = only_token("the");
    for (int i = 0; i < 2000; ++i) {
        CHECK(accept(lazy.get(), the) == CORRAL_OK);
    }
    CHECK(accept(lazy.get(), only_token("yes")) == CORRAL_OK);
    CHECK(!allows(lazy.get(), the));
    CHECK(allows(lazy.get(), only_token("no")));
}

TEST("a grammar goes on from what the text begins with") {
    const sampler begun = grammar({"root ::= \"<a>\\n\" [0-9]+ \"é\""});
    corral_error error = {};
    CHECK_FOUND(corral_grammar_begin(begun.get(), "<a>\n4", &error) == CORRAL_OK, error.message);
    CHECK(allows(begun.get(), only_token("2")));
    CHECK(!allows(begun.get(), only_token("<")));
    CHECK_FOUND(corral_grammar_begin(begun.get(), "\xC3", &error) == CORRAL_OK, error.message);
    CHECK(!allows(begun.get(), only_token("2")));
    CHECK(corral_grammar_begin(begun.get(), "x", &error) == CORRAL_INVALID_ARGUMENT);
    CHECK(corral_grammar_begin(begun.get(), "", &error) == CORRAL_INVALID_ARGUMENT);
    CHECK(corral_grammar_begin(nullptr, "x", &error) == CORRAL_INVALID_ARGUMENT);

    const sampler lazy = grammar({"root ::= \"x\"", "root", true, {"x"}});
    CHECK(corral_grammar_begin(lazy.get(), "x", &error) == CORRAL_INVALID_ARGUMENT);
    const sampler other(llama_sampler_init_greedy());
    CHECK(corral_grammar_begin(other.get(), "x", &error) == CORRAL_INVALID_ARGUMENT);
}

TEST("a lazy grammar overlooks what is to be ignored") {
    const auto wakes = [](const char *before, const std::string &text) {
        const sampler lazy = grammar({"root ::= \"<call>\" \"x\"", "root", true, {"<call>"}});
        const char *ends[] = {"</b>", "<end>"};
        corral_error error = {};
        CHECK_FOUND(corral_grammar_ignore(lazy.get(), "<b>", ends, 2, before, &error) == CORRAL_OK, error.message);
        for (const llama_token token : tokenize(text)) {
            CHECK_FOUND(accept(lazy.get(), token, &error) == CORRAL_OK, error.message);
        }
        return !allows(lazy.get(), only_token("y"));
    };
    CHECK(wakes("", "say <call>"));
    CHECK(!wakes("", "<b>say <call>"));
    CHECK(!wakes("<b>", "say <call>"));
    CHECK(wakes("<b>", "say <call> </b> <call>"));
    CHECK(wakes("<b></b>", "<call>"));
    CHECK(wakes("<b", "> <call> <end><call>"));
    CHECK(!wakes("", "<b> <end> <b> <call> <call>"));

    const sampler eager = grammar({"root ::= \"x\""});
    const char *ends[] = {"b"};
    CHECK(corral_grammar_ignore(eager.get(), "a", ends, 1, "", nullptr) == CORRAL_INVALID_ARGUMENT);
    CHECK(corral_grammar_ignore(eager.get(), "a", nullptr, 0, "", nullptr) == CORRAL_INVALID_ARGUMENT);
}
