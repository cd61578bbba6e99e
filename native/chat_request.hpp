// The requests of corral_chat_apply() and corral_chat_parse(), read. What is malformed is refused, by name.
#pragma once

#include "chat.h" // llama.cpp's

#include <map>
#include <string>

namespace corral {

// `caps` are those of the template, for what the request leaves open.
common_chat_templates_inputs read_apply_request(const common_json &request, const std::map<std::string, bool> &caps);

struct parse_request {
    std::string text;
    bool partial;
    std::string parser; // as it was handed out, to be loaded
    common_chat_parser_params params;
};

parse_request read_parse_request(const common_json &request);

} // namespace corral
