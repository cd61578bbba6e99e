// Tests, as small as they can be: TEST("a sentence") { CHECK(condition); }
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace corral_test {

struct failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Thrown by a test that needs a model where there is none.
struct skipped : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct test {
    const char *sentence;
    std::function<void()> body;
};

inline std::vector<test> &tests() {
    static std::vector<test> all;
    return all;
}

struct registration {
    registration(const char *sentence, std::function<void()> body) { tests().push_back({sentence, std::move(body)}); }
};

inline void check(bool condition, const char *expression, const char *file, int line, const std::string &found) {
    if (!condition) {
        throw failed(std::string(file) + ":" + std::to_string(line) + ": " + expression +
                     (found.empty() ? "" : "\n    found: " + found));
    }
}

} // namespace corral_test

#define CORRAL_JOIN_(a, b) a##b
#define CORRAL_JOIN(a, b) CORRAL_JOIN_(a, b)

#define TEST(sentence)                                                                                                 \
    static void CORRAL_JOIN(test_, __LINE__)();                                                                        \
    static const corral_test::registration CORRAL_JOIN(registration_, __LINE__)(sentence,                              \
                                                                                CORRAL_JOIN(test_, __LINE__));         \
    static void CORRAL_JOIN(test_, __LINE__)()

#define CHECK(condition) corral_test::check(condition, #condition, __FILE__, __LINE__, "")

// The same, with what there was instead.
#define CHECK_FOUND(condition, found) corral_test::check(condition, #condition, __FILE__, __LINE__, found)
