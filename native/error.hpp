// How a failure inside a function of corral.h becomes the code and the message that it returns.
#pragma once

#include "corral.h"

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

namespace corral {

// A failure whose code is known where it is thrown. Every other exception gets the code that guard() was given.
class failure : public std::runtime_error {
  public:
    failure(corral_code code, const std::string &message) : std::runtime_error(message), code(code) {}

    const corral_code code;
};

[[noreturn]] inline void refuse(const std::string &message) {
    throw failure(CORRAL_INVALID_ARGUMENT, message);
}

inline void require(bool condition, const char *message) {
    if (!condition) {
        refuse(message);
    }
}

// Copies what fits of a message: NUL-terminated, and never half a UTF-8 character.
inline void copy_message(std::string_view message, char *target, size_t capacity) {
    size_t length = message.size();
    if (length >= capacity) {
        length = capacity - 1;
        while (length > 0 && (static_cast<unsigned char>(message[length]) & 0xC0) == 0x80) {
            --length;
        }
    }
    message.copy(target, length);
    target[length] = '\0';
}

inline int32_t fail(corral_error *error, corral_code code, std::string_view message) noexcept {
    if (error != nullptr) {
        error->code = code;
        copy_message(message, error->message, sizeof error->message);
    }
    return code;
}

// Runs a body that throws on failure. `otherwise` is the code of exceptions that say nothing about whose fault it is:
// CORRAL_INVALID_ARGUMENT where the body does little but read the caller's input.
template <typename Body> int32_t guard(corral_error *error, corral_code otherwise, Body &&body) noexcept {
    try {
        body();
        return CORRAL_OK;
    } catch (const failure &e) {
        return fail(error, e.code, e.what());
    } catch (const std::bad_alloc &) {
        return fail(error, CORRAL_OUT_OF_MEMORY, "out of memory");
    } catch (const std::exception &e) {
        return fail(error, otherwise, e.what());
    } catch (...) {
        return fail(error, CORRAL_FAILED, "an exception that is no std::exception");
    }
}

} // namespace corral
