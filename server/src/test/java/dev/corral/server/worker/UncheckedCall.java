package dev.corral.server.worker;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.ffi.Native;
import java.lang.foreign.MemorySegment;

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
    READ_OUT_OF_BOUNDS {
        @Override
        void make(Command command, RawNative llama) {
            Native.llama_vocab_get_text(MemorySegment.ofAddress(8), 0);
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

    /** Does not return, or in vain. */
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

    private static String gbnf(Command command) {
        return ((Grammar.Gbnf) generate(command).grammar().orElseThrow()).text();
    }
}
