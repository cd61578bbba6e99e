// Strings handed to the caller, who frees them with corral_free_string().
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

namespace corral {

inline char *hand_out(const std::string &string) {
    char *copy = static_cast<char *>(std::malloc(string.size() + 1));
    if (copy == nullptr) {
        throw std::bad_alloc();
    }
    std::memcpy(copy, string.c_str(), string.size() + 1);
    return copy;
}

} // namespace corral
