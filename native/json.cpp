#include "json.hpp"

#include "error.hpp"

namespace corral {

namespace {

constexpr int max_nesting = 200;

} // namespace

void require_shallow_json(const char *text) {
    int nesting = 0;
    for (const char *pos = text; *pos != '\0'; ++pos) {
        switch (*pos) {
        case '"':
            while (pos[1] != '\0' && *++pos != '"') {
                if (*pos == '\\' && pos[1] != '\0') {
                    ++pos;
                }
            }
            break;
        case '[':
        case '{':
            if (++nesting > max_nesting) {
                refuse("JSON is nested deeper than " + std::to_string(max_nesting));
            }
            break;
        case ']':
        case '}':
            --nesting;
            break;
        default:
            break;
        }
    }
}

common_json parse_json(const char *text) {
    require_shallow_json(text);
    try {
        return common_json::parse(text);
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception &e) {
        refuse(e.what());
    }
}

} // namespace corral
