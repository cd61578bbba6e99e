/*
 * corral.h — what Corral needs of llama.cpp that llama.h lacks or cannot do safely.
 *
 * Every function here catches every C++ exception. A function that can fail returns CORRAL_OK or one of the
 * other codes and, when `error` is not NULL, fills it in; on failure every out parameter is left untouched.
 *
 * Strings are UTF-8. Strings handed out through `char **` are NUL-terminated, belong to the caller and are freed
 * with corral_free_string(). Lengths are bytes.
 *
 * Threads: functions that take a `llama_context` or a `llama_sampler` belong to the thread that owns that object.
 * Functions that take only a model, a vocabulary or a `corral_chat` may be called by several threads at once.
 */
#ifndef CORRAL_H
#define CORRAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "llama.h"

#if defined(_WIN32)
#define CORRAL_API __declspec(dllexport)
#else
#define CORRAL_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum corral_code {
    CORRAL_OK               = 0,
    CORRAL_INVALID_ARGUMENT = 1, /* the caller's input is wrong: a malformed grammar, schema, template, message */
    CORRAL_NO_SPACE         = 2, /* decode: the KV cache has no room for the batch; nothing was changed */
    CORRAL_ABORTED          = 3, /* decode: stopped by the abort callback */
    CORRAL_OUT_OF_MEMORY    = 4,
    CORRAL_FAILED           = 5, /* anything else; the message says what was thrown */
};

enum {
    CORRAL_MESSAGE_SIZE = 1024
};

typedef struct corral_error {
    int32_t code; /* enum corral_code */
    char message[CORRAL_MESSAGE_SIZE];
} corral_error;

/* ---- What was built ------------------------------------------------------------------------------------------ */

/* "llama.cpp 0.5.0", the version of the library that was linked. Static storage. */
CORRAL_API const char *corral_version(void);

typedef struct corral_layout {
    const char *name; /* "llama_batch" is a size; "llama_batch.seq_id" an offset. Static storage. */
    int64_t value;
} corral_layout;

/*
 * Sizes of the structs that the bindings use, and the offsets of the last field of each. Writes at most `capacity`
 * entries and returns how many there are.
 */
CORRAL_API int32_t corral_layouts(corral_layout *layouts, int32_t capacity);

CORRAL_API void corral_free_string(char *string);

/* ---- Devices ------------------------------------------------------------------------------------------------- */

/*
 * Lets the CPU backend compute attention over keys and values of half precision with Corral's kernel, in this process and
 * from now on. Call it once the backends are loaded. False where the machine lacks the instructions that it is compiled
 * for (AVX2, FMA and F16C, or ARMv8), or the backend does not offer what it takes: then ggml's own is used.
 */
CORRAL_API bool corral_add_cpu_operations(void);

/*
 * Adds the devices of a ggml-rpc-server at `endpoint`, "host:port", to those that models are spread over. `library` is the
 * file of the RPC backend, which is loaded the first time. The endpoint must have been seen to be a ggml-rpc-server of this
 * version: ggml ends the process when it can't be connected to, then or later.
 */
CORRAL_API int32_t corral_rpc_add_server(const char *library, const char *endpoint, corral_error *error);

/* ---- Text ---------------------------------------------------------------------------------------------------- */

/*
 * Tokens of `length` bytes of text. Writes at most `capacity` tokens; *count is how many there are, which may be more
 * than were written. add_special adds the vocabulary's BOS and EOS where the model asks for them; parse_special reads
 * control tokens in the text as tokens.
 */
CORRAL_API int32_t corral_tokenize(const struct llama_vocab *vocab, const char *text, int32_t length, bool add_special,
                                   bool parse_special, llama_token *tokens, int32_t capacity, int32_t *count,
                                   corral_error *error);

/*
 * The bytes of one token, which need not be whole UTF-8 characters. With `special`, control tokens have their text,
 * otherwise none. *count is how many bytes there are, which may be more than were written.
 */
CORRAL_API int32_t corral_piece(const struct llama_vocab *vocab, llama_token token, bool special, char *bytes,
                                int32_t capacity, int32_t *count, corral_error *error);

/* Text of tokens, as llama_detokenize does it. *count is how many bytes there are. */
CORRAL_API int32_t corral_detokenize(const struct llama_vocab *vocab, const llama_token *tokens, int32_t n_tokens,
                                     bool remove_special, bool unparse_special, char *bytes, int32_t capacity,
                                     int32_t *count, corral_error *error);

/* ---- Decoding ------------------------------------------------------------------------------------------------ */

/* llama_decode. CORRAL_NO_SPACE and CORRAL_ABORTED are llama_decode's 1 and 2. */
CORRAL_API int32_t corral_decode(struct llama_context *context, const struct llama_batch *batch, corral_error *error);

/* llama_encode, for models with an encoder. */
CORRAL_API int32_t corral_encode(struct llama_context *context, const struct llama_batch *batch, corral_error *error);

/*
 * Whether the int32_t at `flag`, which any thread may set, is not 0: the abort_callback for a context. It is asked before
 * each of a step's operations, a thousand times a token in a small model, so it must not leave native code.
 */
CORRAL_API bool corral_is_raised(void *flag);

/* ---- Sampling ------------------------------------------------------------------------------------------------ */

/*
 * Samplers as llama.h has them under the same names, which select the same tokens. A chain of llama_sampler_chain_init
 * that begins with these is quicker in corral_sample: it does not go through the whole vocabulary for a choice among few
 * tokens. Others may follow them. Each is NULL when there is no memory; a chain owns what is added to it.
 */
CORRAL_API struct llama_sampler *corral_sampler_logit_bias(int32_t n_vocab, int32_t n_biases,
                                                           const llama_logit_bias *biases);
/* `spared` is neither penalized nor counted among the last tokens; LLAMA_TOKEN_NULL spares none. */
CORRAL_API struct llama_sampler *corral_sampler_penalties(int32_t n_vocab, int32_t last_n, float repeat,
                                                          float frequency, float presence, llama_token spared);
CORRAL_API struct llama_sampler *corral_sampler_dry(const struct llama_vocab *vocab, float multiplier, float base,
                                                    int32_t allowed_length, int32_t last_n, const char **breakers,
                                                    int32_t n_breakers);
CORRAL_API struct llama_sampler *corral_sampler_temperature(float value, float range, float exponent);
CORRAL_API struct llama_sampler *corral_sampler_top_k(int32_t k);
CORRAL_API struct llama_sampler *corral_sampler_min_p(float p, size_t min_keep);

/*
 * Tail-free sampling, which llama.cpp had until 2024: with p the sorted probabilities, what is kept ends where the
 * curvature |p[i] - 2 p[i+1] + p[i+2]|, normalised to a sum of 1, adds up to more than z. 1 keeps all.
 */
CORRAL_API struct llama_sampler *corral_sampler_tail_free(float z, size_t min_keep);

/*
 * A grammar sampler from GBNF text whose start symbol is `root`. A lazy grammar constrains nothing until one of the
 * trigger patterns (regular expressions, matched from the start of the output) or trigger tokens appears; it needs at
 * least one. "%llguidance" grammars are refused. Free with llama_sampler_free.
 *
 * Where llama.cpp's own grammar sampler would abort the process, this one throws, as corral_sample and corral_accept
 * report: at an end of generation that the grammar does not allow, and at any use after it refused a token, until
 * llama_sampler_reset. A grammar so ambiguous that there are too many ways to read a text throws after a bounded amount
 * of work.
 */
CORRAL_API int32_t corral_grammar_create(const struct llama_vocab *vocab, const char *gbnf, const char *root, bool lazy,
                                         const char **trigger_patterns, int32_t n_trigger_patterns,
                                         const llama_token *trigger_tokens, int32_t n_trigger_tokens,
                                         struct llama_sampler **grammar, corral_error *error);

/*
 * Lets a grammar that is not lazy read text which the output will go on from, such as the part of a prompt that its rules
 * begin with. CORRAL_INVALID_ARGUMENT when it does not allow the text; it is of no use then.
 */
CORRAL_API int32_t corral_grammar_begin(struct llama_sampler *grammar, const char *text, corral_error *error);

/*
 * Has a lazy grammar overlook triggers in some text, such as what a model thinks: from `start` to the first of `ends` after
 * it. `before` is the text that the output goes on from, which may have the start already.
 */
CORRAL_API int32_t corral_grammar_ignore(struct llama_sampler *grammar, const char *start, const char **ends,
                                         int32_t n_ends, const char *before, corral_error *error);

/* GBNF for a JSON schema. */
CORRAL_API int32_t corral_schema_to_grammar(const char *schema, char **gbnf, corral_error *error);

/* One output row of the last decode, and what to do with it. */
typedef struct corral_row {
    struct llama_sampler *chain;   /* must end in a sampler that selects a token */
    struct llama_sampler *grammar; /* NULL: unconstrained */
    int32_t output;                /* index in the batch of a token whose `logits` flag was set */
    int32_t n_top;                 /* how many of the likeliest tokens to report, 0: none and no logprob */
    bool post_sampling;            /* report probabilities among the chain's candidates, not of the raw logits */
    /* results */
    int32_t code;                  /* enum corral_code */
    llama_token token;             /* the sampled token, already accepted by chain and grammar */
    float logprob;                 /* natural logarithm of its probability; NAN when n_top is 0 */
    int32_t n_top_found;           /* how many were written */
    llama_token *top_tokens;       /* n_top, likeliest first */
    float *top_logprobs;           /* n_top */
    char message[256];             /* when code is not CORRAL_OK */
} corral_row;

/*
 * Samples one token from each row, in order. A token that its grammar does not allow is sampled again among those
 * that it does; a grammar that allows nothing more fails its row with CORRAL_INVALID_ARGUMENT. A failed row does not
 * stop the others. Returns the number of failed rows.
 */
CORRAL_API int32_t corral_sample(struct llama_context *context, corral_row *rows, int32_t n_rows);

/* llama_sampler_accept: lets a chain or a grammar see tokens that it did not sample itself, such as a prompt's. */
CORRAL_API int32_t corral_accept(struct llama_sampler *sampler, const llama_token *tokens, int32_t n_tokens,
                                 corral_error *error);

/* ---- Scoring -------------------------------------------------------------------------------------------------- */

/* One output row of the last decode, and a token that follows it. */
typedef struct corral_score {
    int32_t output;          /* index in the batch of a token whose `logits` flag was set */
    llama_token token;       /* whose log-probability is wanted; -1: none */
    int32_t n_top;           /* how many of the likeliest tokens to report */
    /* results */
    int32_t code;            /* enum corral_code */
    double logprob;          /* natural logarithm of the token's probability; NAN when there is no token */
    llama_token likeliest;   /* the likeliest token of the row, of several the first */
    int32_t n_top_found;     /* how many were written */
    llama_token *top_tokens; /* n_top, likeliest first */
    double *top_logprobs;    /* n_top */
} corral_score;

/*
 * Log-probabilities by the model's raw logits, summed up in double precision. Tokens of one row that follow each other
 * in `rows` cost one pass over that row. A failed row does not stop the others. Returns the number of failed rows.
 */
CORRAL_API int32_t corral_score_rows(struct llama_context *context, corral_score *rows, int32_t n_rows);

/* ---- Images and sound ---------------------------------------------------------------------------------------- */

struct mtmd_context;
struct mtmd_bitmap;
struct mtmd_input_chunk;
struct mtmd_input_chunks;

/*
 * Loads the projector of a model that sees or hears. min_tokens and max_tokens limit how many tokens an image becomes,
 * where that depends on its size; -1 for the projector's own. Free with mtmd_free, before the model.
 */
CORRAL_API int32_t corral_projector_open(const struct llama_model *model, const char *file, bool use_gpu,
                                         int32_t n_threads, int32_t min_tokens, int32_t max_tokens,
                                         struct mtmd_context **projector, corral_error *error);

/*
 * Pixels of an image file (PNG, JPEG, GIF, BMP) or samples of a sound file (WAV, MP3, FLAC), by several threads at once.
 * How large it becomes is for the caller to judge first. CORRAL_INVALID_ARGUMENT when it can't be read. Free with
 * mtmd_bitmap_free.
 */
CORRAL_API int32_t corral_media_read(const struct mtmd_context *projector, const uint8_t *file, size_t size,
                                     struct mtmd_bitmap **media, corral_error *error);

/*
 * Chunks of a prompt of n_parts, by several threads at once: part i is texts[i], of lengths[i] bytes, or media[i], the
 * other being NULL. Free with mtmd_input_chunks_free.
 */
CORRAL_API int32_t corral_media_tokenize(const struct mtmd_context *projector, const char *const *texts,
                                         const size_t *lengths, const bool *parse_special,
                                         const struct mtmd_bitmap *const *media, int32_t n_parts, bool add_special,
                                         struct mtmd_input_chunks **chunks, corral_error *error);

/* Computes the embeddings of a chunk that is not text. The projector keeps them until the next call. */
CORRAL_API int32_t corral_media_encode(struct mtmd_context *projector, const struct mtmd_input_chunk *chunk,
                                       corral_error *error);

/*
 * Adds a chunk, the one that was encoded last, to a sequence of the KV cache from `position` on. CORRAL_NO_SPACE and
 * CORRAL_ABORTED are llama_decode's 1 and 2; a part of the chunk may be in the cache then. The last batch's outputs are
 * lost.
 */
CORRAL_API int32_t corral_media_decode(struct mtmd_context *projector, struct llama_context *context,
                                       const struct mtmd_input_chunk *chunk, llama_pos position, llama_seq_id sequence,
                                       corral_error *error);

/* ---- Chat ---------------------------------------------------------------------------------------------------- */

typedef struct corral_chat corral_chat;

/* The model's own chat templates, or `source` (Jinja) in their place when it is not NULL. */
CORRAL_API int32_t corral_chat_create(const struct llama_model *model, const char *source, corral_chat **chat,
                                      corral_error *error);

CORRAL_API void corral_chat_free(corral_chat *chat);

/*
 * {"source", "source_tool_use"?, "explicit": bool, "bos_token", "eos_token", "caps": {name: bool},
 *  "supports_thinking": bool}
 */
CORRAL_API int32_t corral_chat_describe(const corral_chat *chat, char **json, corral_error *error);

/*
 * Renders a conversation. Request, in OpenAI's shapes:
 *   {"messages": [...], "tools"?: [...], "tool_choice"?: "auto"|"required"|"none", "parallel_tool_calls"?: bool,
 *    "json_schema"?: {...}, "grammar"?: string, "enable_thinking"?: bool = true,
 *    "continue_final_message"?: bool|"content"|"reasoning_content" = false,
 *    "add_generation_prompt"?: bool, true unless a message is continued,
 *    "reasoning_format"?: "none"|"auto"|"deepseek"|"deepseek-legacy" = "none",
 *    "chat_template_kwargs"?: {name: any}}
 * A content part is {"type": "text", "text"} or, for an image, {"type": "media_marker", "text": mtmd's marker}.
 * Result:
 *   {"prompt", "format": int, "format_name", "grammar", "grammar_lazy": bool,
 *    "grammar_triggers": [{"type": int, "value", "token"?: int}], "preserved_tokens": [string], "stop": [string],
 *    "generation_prompt", "parser", "supports_thinking": bool, "thinking_start_tag", "thinking_end_tags": [string]}
 */
CORRAL_API int32_t corral_chat_apply(const corral_chat *chat, const char *request, char **result, corral_error *error);

/*
 * Reads model output back into a message. Request:
 *   {"text", "partial": bool, "format": int, "parser", "generation_prompt", "reasoning_format"?, "parse_tool_calls"?}
 * of which format, parser and generation_prompt are those of corral_chat_apply's result. Result: a message in OpenAI's
 * shape, {"role", "content", "reasoning_content"?, "tool_calls"?: [...]}. A text that the parser cannot read is
 * CORRAL_FAILED.
 */
CORRAL_API int32_t corral_chat_parse(const char *request, char **result, corral_error *error);

#ifdef __cplusplus
}
#endif

#endif
