// Chat templates: a conversation to a prompt, and output back to a message.

#include "chat_request.hpp"
#include "corral.h"
#include "error.hpp"
#include "json.hpp"
#include "string.hpp"

#include "chat.h" // llama.cpp's
#include "log.h"

#include <list>
#include <memory>
#include <mutex>

using namespace corral;

struct corral_chat {
    common_chat_templates_ptr templates;
    std::string bos_token;
    std::string eos_token;
};

namespace {

// llama.cpp's common library logs on its own, to stderr, and with the text of prompts. What it says is thrown as well.
const bool common_is_silent = (common_log_set_verbosity_thold(LOG_LEVEL_OUTPUT), true);

std::string token_text(const llama_vocab *vocab, llama_token token) {
    return token == LLAMA_TOKEN_NULL ? "" : common_token_to_piece(vocab, token, true);
}

// Why a template cannot be read: common_chat_templates_init() keeps it to itself.
void read_template(const char *source) {
    common_chat_template(source, "", "");
}

common_chat_templates_ptr read_templates(const llama_model *model, const char *source) {
    try {
        return common_chat_templates_init(model, source != nullptr ? source : "");
    } catch (const std::exception &) {
        const char *cause = source != nullptr ? source : llama_model_chat_template(model, nullptr);
        if (cause != nullptr) {
            read_template(cause);
        }
        throw;
    }
}

// A template that fails on a single message of a user's does not support thinking either.
bool supports_thinking(const common_chat_templates *templates) {
    try {
        return common_chat_templates_support_enable_thinking(templates);
    } catch (const std::exception &) {
        return false;
    }
}

common_json describe(const corral_chat &chat) {
    const common_chat_templates *templates = chat.templates.get();
    common_json result = common_json::object();
    result["source"] = common_chat_templates_source(templates);
    const std::string tool_use = common_chat_templates_source(templates, "tool_use");
    if (!tool_use.empty()) {
        result["source_tool_use"] = tool_use;
    }
    result["explicit"] = common_chat_templates_was_explicit(templates);
    result["bos_token"] = chat.bos_token;
    result["eos_token"] = chat.eos_token;
    result["caps"] = common_chat_templates_get_caps(templates);
    result["supports_thinking"] = supports_thinking(templates);
    return result;
}

common_json to_json(const common_grammar_trigger &trigger) {
    common_json result = common_json::object();
    result["type"] = static_cast<int>(trigger.type);
    result["value"] = trigger.value;
    if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN) {
        result["token"] = trigger.token;
    }
    return result;
}

common_json to_json(const common_chat_params &params) {
    common_json triggers = common_json::array();
    for (const common_grammar_trigger &trigger : params.grammar_triggers) {
        triggers.push_back(to_json(trigger));
    }
    common_json result = common_json::object();
    result["prompt"] = params.prompt;
    result["format"] = static_cast<int>(params.format);
    result["format_name"] = common_chat_format_name(params.format);
    result["grammar"] = params.grammar;
    result["grammar_lazy"] = params.grammar_lazy;
    result["grammar_triggers"] = triggers;
    result["preserved_tokens"] = params.preserved_tokens;
    result["stop"] = params.additional_stops;
    result["generation_prompt"] = params.generation_prompt;
    result["parser"] = params.parser;
    result["supports_thinking"] = params.supports_thinking;
    result["thinking_start_tag"] = params.thinking_start_tag;
    result["thinking_end_tags"] = params.thinking_end_tags;
    return result;
}

// Parsers that were used last: while a text streams, it is read again and again with the same one.
class parser_cache {
  public:
    std::shared_ptr<const common_peg_arena> find_or_load(const std::string &text) {
        const std::lock_guard<std::mutex> lock(mutex);
        for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
            if (entry->first == text) {
                entries.splice(entries.begin(), entries, entry);
                return entries.front().second;
            }
        }
        entries.emplace_front(text, load(text));
        if (entries.size() > capacity) {
            entries.pop_back();
        }
        return entries.front().second;
    }

  private:
    static constexpr size_t capacity = 64;
    std::mutex mutex;
    std::list<std::pair<std::string, std::shared_ptr<const common_peg_arena>>> entries; // the last used first

    static std::shared_ptr<const common_peg_arena> load(const std::string &text) {
        auto parser = std::make_shared<common_peg_arena>();
        if (text.empty()) {
            return parser;
        }
        try {
            parser->load(text);
        } catch (const std::bad_alloc &) {
            throw;
        } catch (const std::exception &e) {
            refuse(std::string("parser is not one that was handed out: ") + e.what());
        }
        return parser;
    }
};

parser_cache &parsers() {
    static parser_cache cache;
    return cache;
}

} // namespace

int32_t corral_chat_create(const llama_model *model, const char *source, corral_chat **chat, corral_error *error) {
    return guard(error, CORRAL_INVALID_ARGUMENT, [&] {
        require(chat != nullptr, "there is nowhere to put the chat");
        require(model != nullptr || source != nullptr, "there is neither a model nor a template");
        require(source == nullptr || *source != '\0', "the template is empty");
        auto created = std::make_unique<corral_chat>();
        created->templates = read_templates(model, source);
        if (model != nullptr) {
            const llama_vocab *vocab = llama_model_get_vocab(model);
            created->bos_token = token_text(vocab, llama_vocab_bos(vocab));
            created->eos_token = token_text(vocab, llama_vocab_eos(vocab));
        }
        *chat = created.release();
    });
}

void corral_chat_free(corral_chat *chat) {
    delete chat;
}

int32_t corral_chat_describe(const corral_chat *chat, char **json, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(chat != nullptr, "chat is NULL");
        require(json != nullptr, "there is nowhere to put the result");
        *json = hand_out(describe(*chat).dump_safe());
    });
}

int32_t corral_chat_apply(const corral_chat *chat, const char *request, char **result, corral_error *error) {
    return guard(error, CORRAL_INVALID_ARGUMENT, [&] {
        require(chat != nullptr, "chat is NULL");
        require(request != nullptr, "the request is NULL");
        require(result != nullptr, "there is nowhere to put the result");
        const common_chat_templates_inputs inputs =
            read_apply_request(parse_json(request), common_chat_templates_get_caps(chat->templates.get()));
        *result = hand_out(to_json(common_chat_templates_apply(chat->templates.get(), inputs)).dump_safe());
    });
}

int32_t corral_chat_parse(const char *request, char **result, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(request != nullptr, "the request is NULL");
        require(result != nullptr, "there is nowhere to put the result");
        const parse_request parse = read_parse_request(parse_json(request));
        const std::shared_ptr<const common_peg_arena> parser = parsers().find_or_load(parse.parser);
        *result = hand_out(
            common_chat_peg_parse(*parser, parse.text, parse.partial, parse.params).to_json_oaicompat().dump_safe());
    });
}
