package dev.corral.server.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.ffi.Native;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Base64;

/** What llama.cpp is made to do with a request, with what the request itself says, when nothing is checked before. */
enum UncheckedCall {
    TOKENIZE {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            llama.tokenize(prompt(command));
        }
    },
    PARSE_GRAMMAR {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            llama.grammar(gbnf(command));
        }
    },
    /** A grammar that can't be read is NULL, which most functions take; this one reads it. */
    USE_GRAMMAR {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            llama.callFor(ADDRESS, "llama_sampler_name", llama.grammar(gbnf(command)));
        }
    },
    COMPILE_TRIGGER {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            Grammar.Lazy lazy = (Grammar.Lazy) generate(command).grammar().orElseThrow();
            Grammar.Trigger.Pattern trigger =
                    (Grammar.Trigger.Pattern) lazy.triggers().getFirst();
            llama.callFor(
                    ADDRESS,
                    "llama_sampler_init_grammar_lazy_patterns",
                    llama.vocabulary(),
                    llama.text(lazy.text()),
                    llama.text("root"),
                    llama.pointers(trigger.regex()),
                    1L,
                    MemorySegment.NULL,
                    0L);
        }
    },
    /** As a sampler does that takes what its grammar forbids: here, the prompt. */
    ACCEPT_WHAT_IS_FORBIDDEN {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            MemorySegment grammar = llama.grammar(gbnf(command));
            for (int token : llama.tokenize(prompt(command))) {
                llama.call("llama_sampler_accept", grammar, token);
            }
        }
    },
    SHOW_TOKEN {
        @Override
        void make(Command command, RawNative llama) {
            int token = ((Query.Detokenize) query(command))
                    .tokens().stream().findFirst().orElseThrow();
            Native.llama_vocab_get_text(llama.vocabulary(), token);
        }
    },
    DECODE_AT_ONCE {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            int[] tokens = llama.tokenize(prompt(command));
            llama.callFor(JAVA_INT, "llama_decode", llama.context(), llama.batch(tokens));
        }
    },
    ENCODE_AT_ONCE {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            Prompt.Text input =
                    (Prompt.Text) ((Query.Embed) query(command)).inputs().getFirst();
            llama.callFor(JAVA_INT, "llama_encode", llama.context(), llama.batch(llama.tokenize(input.text())));
        }
    },
    SHIFT_CONTEXT {
        @Override
        void make(Command command, RawNative llama) {
            Limits.ContextShift shift =
                    generate(command).limits().contextShift().orElseThrow();
            MemorySegment memory = Native.llama_get_memory(llama.context());
            Native.llama_memory_seq_add(memory, 0, shift.keep() + shift.discard(), -1, -shift.discard());
        }
    },
    /** For each completion a sequence that begins with the prompt. */
    COPY_SEQUENCES {
        @Override
        void make(Command command, RawNative llama) {
            MemorySegment memory = Native.llama_get_memory(llama.context());
            for (int sequence = 1; sequence < generate(command).completions(); sequence++) {
                Native.llama_memory_seq_cp(memory, 0, sequence, -1, -1);
            }
        }
    },
    /** By the code that llama.cpp's own server makes grammars with. */
    CONVERT_SCHEMA(true) {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            llama.object("_Z22json_schema_to_grammarB5cxx11RK11common_jsonb", llama.json(schema(command)), false);
        }
    },
    READ_TOOLS(true) {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            String tools =
                    ((Query.ApplyTemplate) query(command)).tools().orElseThrow().json();
            llama.object("_Z33common_chat_tools_parse_oaicompatRK11common_json", llama.json(tools));
        }
    },
    /** The prompt is an image in base64. */
    SHOW_IMAGE {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            MemorySegment projector = llama.projector();
            MemorySegment image = llama.pixels(projector, Base64.getDecoder().decode(prompt(command)));
            MemorySegment text = (MemorySegment) llama.callFor(ADDRESS, "mtmd_default_marker");
            MemorySegment input = llama.room(4 * Long.BYTES);
            input.set(ADDRESS, 0, text);
            input.set(JAVA_LONG, Long.BYTES, "<__media__>".length());
            MemorySegment images = llama.room(Long.BYTES);
            images.set(ADDRESS, 0, image);
            MemorySegment chunks = (MemorySegment) llama.callFor(ADDRESS, "mtmd_input_chunks_init");
            llama.callFor(JAVA_INT, "mtmd_tokenize", projector, chunks, input, images, 1L);
        }
    },
    /** As if the length of the prompt did not fit an int. */
    OVERFLOW_LENGTH {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            String prompt = prompt(command);
            int overflown = (int) (prompt.length() + (1L << 31));
            llama.callFor(
                    JAVA_INT,
                    "llama_tokenize",
                    llama.vocabulary(),
                    llama.text(prompt),
                    overflown,
                    llama.room(64),
                    16,
                    false,
                    false);
        }
    },
    /** The saved sequence that is beside the model, in llama.cpp's own format. */
    LOAD_STATE {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            Path file = llama.beside(((Query.RestoreSlot) query(command)).name());
            llama.callFor(
                    JAVA_LONG,
                    "llama_state_seq_load_file",
                    llama.context(),
                    llama.text(file.toString()),
                    0,
                    llama.room(1024),
                    256L,
                    llama.room(Long.BYTES));
        }
    },
    ABORT {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            llama.call("abort");
        }
    },
    /** As the system does when memory is short. */
    BE_KILLED {
        @Override
        void make(Command command, RawNative llama) throws Throwable {
            llama.callFor(JAVA_INT, "raise", 9);
        }
    };

    private final boolean gnu;

    UncheckedCall() {
        this(false);
    }

    /** @param gnu calls C++ as GNU's library has it */
    UncheckedCall(boolean gnu) {
        this.gnu = gnu;
    }

    boolean isPossibleHere() {
        return !gnu || System.getProperty("os.name").equals("Linux");
    }

    /** Returns only if llama.cpp survives it. */
    abstract void make(Command command, RawNative llama) throws Throwable;

    private static Generate generate(Command command) {
        return ((Command.Submit) command).request();
    }

    private static Query<?> query(Command command) {
        return ((Command.Ask) command).query();
    }

    private static String prompt(Command command) {
        return ((Prompt.Text) generate(command).prompt()).text();
    }

    private static String schema(Command command) {
        return ((Grammar.JsonSchema) generate(command).grammar().orElseThrow()).json();
    }

    private static String gbnf(Command command) {
        return ((Grammar.Gbnf) generate(command).grammar().orElseThrow()).text();
    }
}
