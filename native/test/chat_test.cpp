#include "check.hpp"
#include "model.hpp"

using namespace corral_test;

namespace {

struct free_chat {
    void operator()(corral_chat *chat) const { corral_chat_free(chat); }
};
using chat = std::unique_ptr<corral_chat, free_chat>;

const char *const small_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
                                   "{% if add_generation_prompt %}<assistant>{% endif %}";

chat create(const llama_model *model, const char *source) {
    corral_chat *created = nullptr;
    corral_error error = {};
    CHECK_FOUND(corral_chat_create(model, source, &created, &error) == CORRAL_OK, error.message);
    return chat(created);
}

std::string taken(char *string) {
    const std::string result = string;
    corral_free_string(string);
    return result;
}

std::string render(const chat &chat, const std::string &request) {
    char *result = nullptr;
    corral_error error = {};
    CHECK_FOUND(corral_chat_apply(chat.get(), request.c_str(), &result, &error) == CORRAL_OK, error.message);
    return taken(result);
}

std::string refusal_of(const chat &chat, const std::string &request) {
    char *result = nullptr;
    corral_error error = {};
    CHECK_FOUND(corral_chat_apply(chat.get(), request.c_str(), &result, &error) == CORRAL_INVALID_ARGUMENT, request);
    CHECK(result == nullptr);
    return error.message;
}

std::string parse(const std::string &request) {
    char *result = nullptr;
    corral_error error = {};
    CHECK_FOUND(corral_chat_parse(request.c_str(), &result, &error) == CORRAL_OK, error.message);
    return taken(result);
}

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

// The JSON text of a string member of a JSON object, quotes and escapes as they stand.
std::string member(const std::string &json, const std::string &key) {
    const std::string start = "\"" + key + "\":\"";
    const size_t begin = json.find(start);
    CHECK_FOUND(begin != std::string::npos, json);
    size_t end = begin + start.size();
    while (json[end] != '"') {
        end += json[end] == '\\' ? 2 : 1;
    }
    return json.substr(begin + start.size() - 1, end + 2 - begin - start.size());
}

// `text` as it stands in JSON.
std::string parse_request_for(const std::string &applied, const std::string &text) {
    const size_t format = applied.find("\"format\":");
    return "{\"text\":\"" + text + "\",\"partial\":false," +
           applied.substr(format, applied.find(',', format) - format) + ",\"parser\":" + member(applied, "parser") +
           ",\"generation_prompt\":" + member(applied, "generation_prompt") + "}";
}

} // namespace

TEST("a conversation is rendered") {
    const chat chat = create(nullptr, small_template);
    const std::string result = render(chat, R"({"messages":[{"role":"user","content":"Hi"}]})");
    CHECK_FOUND(member(result, "prompt") == "\"<user>Hi</user><assistant>\"", result);
    const std::string bare =
        render(chat, R"({"messages":[{"role":"user","content":"Hi"}],"add_generation_prompt":false})");
    CHECK_FOUND(member(bare, "prompt") == "\"<user>Hi</user>\"", bare);
}

TEST("a final message is continued") {
    const chat chat = create(nullptr, small_template);
    const std::string result = render(chat, R"({"messages":[{"role":"user","content":"Hi"},
        {"role":"assistant","content":"Hel"}],"continue_final_message":true})");
    CHECK_FOUND(member(result, "prompt") == "\"<user>Hi</user><assistant>Hel\"", result);
}

TEST("a template describes itself") {
    const chat chat = create(nullptr, small_template);
    char *json = nullptr;
    CHECK(corral_chat_describe(chat.get(), &json, nullptr) == CORRAL_OK);
    const std::string description = taken(json);
    CHECK_FOUND(contains(description, "\"explicit\":true"), description);
    CHECK_FOUND(contains(description, "\"supports_tools\":false"), description);
    CHECK_FOUND(contains(description, "\"supports_thinking\":false"), description);
}

TEST("a broken template is refused with the reason") {
    for (const char *source : {"{% if %}", "{{ 1 +", "{% for m in messages %}", ""}) {
        corral_chat *created = nullptr;
        corral_error error = {};
        CHECK_FOUND(corral_chat_create(nullptr, source, &created, &error) == CORRAL_INVALID_ARGUMENT, source);
        CHECK_FOUND(std::string(error.message) != "std::exception" && error.message[0] != '\0', error.message);
    }
}

TEST("malformed requests are refused by name") {
    const chat chat = create(nullptr, small_template);
    CHECK(contains(refusal_of(chat, "{"), "parse error"));
    CHECK(contains(refusal_of(chat, "[]"), "object"));
    CHECK(contains(refusal_of(chat, "{}"), "messages"));
    CHECK(contains(refusal_of(chat, R"({"messages":{}})"), "messages"));
    CHECK(contains(refusal_of(chat, R"({"messages":[{"content":"no role"}]})"), "role"));
    CHECK(contains(refusal_of(chat, R"({"messages":[{"role":"user","content":7}]})"), "content"));
    const std::string start = R"({"messages":[{"role":"user","content":"Hi"}],)";
    CHECK(contains(refusal_of(chat, start + R"("tool_choice":"maybe"})"), "maybe"));
    CHECK(contains(refusal_of(chat, start + R"("tools":{"type":"function"}})"), "tools"));
    CHECK(contains(refusal_of(chat, start + R"("enable_thinking":"yes"})"), "enable_thinking"));
    CHECK(contains(refusal_of(chat, start + R"("reasoning_format":"loud"})"), "loud"));
    CHECK(contains(refusal_of(chat, start + R"("chat_template_kwargs":[]})"), "chat_template_kwargs"));
    CHECK(contains(refusal_of(chat, start + R"("json_schema":{},"grammar":"root ::= \"a\""})"), "exclude"));
    CHECK(contains(refusal_of(chat, start + R"("continue_final_message":true,"add_generation_prompt":true})"),
                   "exclude"));
    CHECK(contains(refusal_of(chat, start + R"("continue_final_message":"maybe"})"), "continue_final_message"));
    const std::string deep = std::string(3000, '[') + std::string(3000, ']');
    CHECK(contains(refusal_of(chat, start + "\"chat_template_kwargs\":{\"x\":" + deep + "}}"), "nested"));
    CHECK(contains(refusal_of(chat, R"({"messages":[{"role":"assistant","tool_calls":[{"type":"function","function":
        {"name":"f","arguments":")" + deep + R"("}}]}]})"), "nested"));
}

TEST("a schema constrains the answer") {
    const chat chat = create(nullptr, small_template);
    const std::string result =
        render(chat, R"({"messages":[{"role":"user","content":"Hi"}],"json_schema":{}})");
    CHECK_FOUND(contains(member(result, "grammar"), "root ::="), result);
    CHECK_FOUND(contains(result, "\"grammar_lazy\":false"), result);
}

TEST("output is read back into a message") {
    const chat chat = create(nullptr, small_template);
    const std::string applied = render(chat, R"({"messages":[{"role":"user","content":"Hi"}]})");
    const std::string message = parse(parse_request_for(applied, "Hello"));
    CHECK_FOUND(message == R"({"role":"assistant","content":"Hello"})", message);
}

TEST("malformed parse requests are refused") {
    for (const char *request :
         {"", "[]", "{}", R"({"text":"a"})", R"({"text":"a","format":99})", R"({"text":"a","format":"0"})",
          R"({"text":"a","format":0,"parser":"{}"})", R"({"text":1,"format":0})"}) {
        char *result = nullptr;
        corral_error error = {};
        CHECK_FOUND(corral_chat_parse(request, &result, &error) == CORRAL_INVALID_ARGUMENT, request);
        CHECK(result == nullptr && error.message[0] != '\0');
    }
}

TEST("tools are rendered, constrain the output, and are read back") {
    const chat chat = create(nullptr, R"(
{%- if tools %}<tools>{% for tool in tools %}{{ tool | tojson }}{% endfor %}</tools>{% endif %}
{%- for m in messages %}<{{ m.role }}>{% if m.content %}{{ m.content }}{% endif %}
{%- if m.tool_calls %}{% for call in m.tool_calls %}<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}{% endif %}</{{ m.role }}>{% endfor %}
{%- if add_generation_prompt %}<assistant>{% endif %})");
    const std::string applied = render(chat, R"({"messages":[{"role":"user","content":"What is the weather in Bern?"}],
        "tools":[{"type":"function","function":{"name":"weather","description":"Weather in a place",
        "parameters":{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}}}],
        "tool_choice":"required"})");
    CHECK_FOUND(contains(member(applied, "prompt"), "Weather in a place"), applied);
    CHECK_FOUND(contains(member(applied, "grammar"), "weather"), applied);
    CHECK_FOUND(contains(applied, "\"grammar_lazy\":false"), applied);

    const std::string call =
        R"(<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"place\": \"Bern\"}}\n</tool_call>)";
    const std::string message = parse(parse_request_for(applied, call));
    CHECK_FOUND(contains(message, R"("name":"weather")"), message);
    CHECK_FOUND(contains(message, R"("arguments":"{\"place\": \"Bern\"}")"), message);
}

TEST("the model's own template is used") {
    const chat chat = create(model(), nullptr);
    char *json = nullptr;
    CHECK(corral_chat_describe(chat.get(), &json, nullptr) == CORRAL_OK);
    const std::string description = taken(json);
    CHECK_FOUND(contains(description, "\"explicit\":true"), description);
    CHECK_FOUND(member(description, "eos_token").size() > 2, description);
    const std::string applied = render(chat, R"({"messages":[{"role":"user","content":"Hi there"}]})");
    CHECK_FOUND(contains(member(applied, "prompt"), "Hi there"), applied);
}
