#include "check.hpp"

#include "model.hpp"

#include <cstdio>

int main() {
    using namespace corral_test;
    int n_passed = 0;
    int n_failed = 0;
    int n_skipped = 0;
    for (const test &test : tests()) {
        try {
            test.body();
            ++n_passed;
            std::printf("ok       %s\n", test.sentence);
        } catch (const skipped &e) {
            ++n_skipped;
            std::printf("skipped  %s (%s)\n", test.sentence, e.what());
        } catch (const std::exception &e) {
            ++n_failed;
            std::printf("FAILED   %s\n    %s\n", test.sentence, e.what());
        }
        std::fflush(stdout);
    }
    std::printf("%d passed, %d failed, %d skipped\n", n_passed, n_failed, n_skipped);
    return n_failed == 0 ? 0 : 1;
}
