#include "chat_request.hpp"

#include "error.hpp"
#include "json.hpp"

namespace corral {

namespace {

const common_json *find(const common_json &object, const char *key) {
    if (!object.contains(key) || object.at(key).is_null()) {
        return nullptr;
    }
    return &object.at(key);
}

bool read_bool(const common_json &object, const char *key, bool otherwise) {
    const common_json *value = find(object, key);
    if (value == nullptr) {
        return otherwise;
    }
    if (!value->is_boolean()) {
        refuse(std::string(key) + " must be a boolean");
    }
    return value->get<bool>();
}

std::string read_string(const common_json &object, const char *key, const char *otherwise) {
    const common_json *value = find(object, key);
    if (value == nullptr) {
        return otherwise;
    }
    if (!value->is_string()) {
        refuse(std::string(key) + " must be a string");
    }
    return value->get<std::string>();
}

common_reasoning_format read_reasoning_format(const common_json &request) {
    try {
        return common_reasoning_format_from_name(read_string(request, "reasoning_format", "none"));
    } catch (const std::exception &e) {
        refuse(e.what());
    }
}

void require_object(const common_json &request) {
    require(request.is_object(), "the request must be an object");
}

// Templates read the arguments of earlier tool calls as JSON, recursively.
void require_shallow_arguments(const std::vector<common_chat_msg> &messages) {
    for (const common_chat_msg &message : messages) {
        for (const common_chat_tool_call &call : message.tool_calls) {
            require_shallow_json(call.arguments.c_str());
        }
    }
}

std::string read_schema(const common_json &request) {
    const common_json *schema = find(request, "json_schema");
    if (schema == nullptr) {
        return "";
    }
    require(schema->is_object() || schema->is_boolean(), "json_schema must be an object");
    // An empty schema would allow any value; who asks for JSON means an object.
    return schema->is_object() && schema->empty() ? R"({"type":"object"})" : schema->dump();
}

common_chat_continuation read_continuation(const common_json &request) {
    const common_json *value = find(request, "continue_final_message");
    if (value == nullptr) {
        return COMMON_CHAT_CONTINUATION_NONE;
    }
    const common_chat_continuation continuation = common_chat_continuation_parse(*value);
    require(value->is_boolean() || continuation != COMMON_CHAT_CONTINUATION_NONE,
            "continue_final_message must be a boolean, \"content\" or \"reasoning_content\"");
    return continuation;
}

void read_template_arguments(const common_json &request, common_chat_templates_inputs &inputs) {
    inputs.enable_thinking = read_bool(request, "enable_thinking", true);
    const common_json *arguments = find(request, "chat_template_kwargs");
    if (arguments == nullptr) {
        return;
    }
    require(arguments->is_object(), "chat_template_kwargs must be an object");
    for (const auto &[key, value] : arguments->items()) {
        inputs.chat_template_kwargs[key] = value.dump();
    }
    inputs.enable_thinking = read_bool(*arguments, "enable_thinking", inputs.enable_thinking);
}

} // namespace

common_chat_templates_inputs read_apply_request(const common_json &request, const std::map<std::string, bool> &caps) {
    require_object(request);
    require(request.contains("messages"), "messages are missing");

    common_chat_templates_inputs inputs;
    inputs.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
    require_shallow_arguments(inputs.messages);
    if (const common_json *tools = find(request, "tools")) {
        inputs.tools = common_chat_tools_parse_oaicompat(*tools);
    }
    inputs.tool_choice = common_chat_tool_choice_parse_oaicompat(read_string(request, "tool_choice", "auto"));
    const auto parallel = caps.find("supports_parallel_tool_calls");
    inputs.parallel_tool_calls =
        read_bool(request, "parallel_tool_calls", parallel != caps.end() && parallel->second);

    inputs.json_schema = read_schema(request);
    inputs.grammar = read_string(request, "grammar", "");
    require(inputs.json_schema.empty() || inputs.grammar.empty(), "json_schema and grammar exclude each other");
    require(inputs.grammar.empty() || inputs.tools.empty() || inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_NONE,
            "grammar and tools exclude each other");

    inputs.continue_final_message = read_continuation(request);
    const bool continues = inputs.continue_final_message != COMMON_CHAT_CONTINUATION_NONE;
    inputs.add_generation_prompt = read_bool(request, "add_generation_prompt", !continues);
    if (continues) {
        require(!inputs.add_generation_prompt, "continue_final_message and add_generation_prompt exclude each other");
        require(!inputs.messages.empty(), "there is no message to continue");
        require(inputs.messages.back().tool_calls.empty(), "a message with tool calls cannot be continued");
    }

    inputs.reasoning_format = read_reasoning_format(request);
    read_template_arguments(request, inputs);
    return inputs;
}

parse_request read_parse_request(const common_json &request) {
    require_object(request);
    require(request.contains("text"), "text is missing");
    parse_request result;
    result.text = read_string(request, "text", "");
    result.partial = read_bool(request, "partial", false);

    const common_json *format = find(request, "format");
    require(format != nullptr && format->is_number_integer(), "format must be an integer");
    const int64_t number = format->get<long long>();
    require(number >= 0 && number < COMMON_CHAT_FORMAT_COUNT, "format is not one that was handed out");
    result.params.format = static_cast<common_chat_format>(number);

    result.parser = read_string(request, "parser", "");
    result.params.generation_prompt = read_string(request, "generation_prompt", "");
    result.params.reasoning_format = read_reasoning_format(request);
    result.params.parse_tool_calls = read_bool(request, "parse_tool_calls", true);
    return result;
}

} // namespace corral
