package dev.corral.server.worker;

import dev.corral.ffi.Native;
import dev.corral.llama.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** What happens when unchecked input reaches native code: the calls that validation never lets happen. */
enum NativeFault {
    STACK_OVERFLOW_BY_NESTED_GRAMMAR {
        @Override
        void happen(Path model, Arena arena) throws Throwable {
            grammar(model, arena, "root ::= " + "(".repeat(DEEP) + "\"a\"" + ")".repeat(DEEP));
        }
    },
    STACK_OVERFLOW_BY_CHAINED_RULES {
        @Override
        void happen(Path model, Arena arena) throws Throwable {
            StringBuilder rules = new StringBuilder("root ::= r0\n");
            for (int i = 0; i < CHAIN; i++) {
                rules.append('r').append(i).append(" ::= r").append(i + 1).append('\n');
            }
            grammar(
                    model,
                    arena,
                    rules.append('r').append(CHAIN).append(" ::= \"a\"\n").toString());
        }
    },
    EXCEPTION_BY_TOKEN {
        @Override
        void happen(Path model, Arena arena) {
            Native.llama_vocab_get_text(vocabulary(model, arena), Integer.MAX_VALUE);
        }
    },
    ASSERTION_BY_SEQUENCE {
        @Override
        void happen(Path model, Arena arena) {
            MemorySegment context =
                    Native.llama_init_from_model(load(model, arena), Native.llama_context_default_params(arena));
            Native.llama_memory_seq_cp(Native.llama_get_memory(context), 0, 100_000, -1, -1);
        }
    },
    SEGMENTATION_FAULT {
        @Override
        void happen(Path model, Arena arena) {
            Native.llama_vocab_get_text(MemorySegment.ofAddress(8), 0);
        }
    },
    ABORT {
        @Override
        void happen(Path model, Arena arena) throws Throwable {
            Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().find("abort").orElseThrow(),
                            FunctionDescriptor.ofVoid())
                    .invokeExact();
        }
    },
    KILLED_FOR_MEMORY {
        @Override
        void happen(Path model, Arena arena) throws Throwable {
            int kill = 9;
            int result = (int) Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().find("raise").orElseThrow(),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                    .invokeExact(kill);
            throw new IllegalStateException("raise returned " + result);
        }
    };

    private static final int DEEP = 100_000;
    private static final int CHAIN = 100_000;

    /** Does not return, or in vain. */
    abstract void happen(Path model, Arena arena) throws Throwable;

    private static MemorySegment load(Path model, Arena arena) {
        NativeLibrary.load();
        MemorySegment loaded = Native.llama_model_load_from_file(
                arena.allocateFrom(model.toString()), Native.llama_model_default_params(arena));
        if (loaded.address() == 0) {
            throw new IllegalStateException("no model: " + model);
        }
        return loaded;
    }

    private static MemorySegment vocabulary(Path model, Arena arena) {
        return Native.llama_model_get_vocab(load(model, arena));
    }

    /** llama.cpp's own parser, which libcorral's checks come before. */
    private static void grammar(Path model, Arena arena, String gbnf) throws Throwable {
        MemorySegment vocabulary = vocabulary(model, arena);
        MemorySegment sampler = (MemorySegment) Linker.nativeLinker()
                .downcallHandle(
                        SymbolLookup.loaderLookup()
                                .or(Linker.nativeLinker().defaultLookup())
                                .find("llama_sampler_init_grammar")
                                .orElseThrow(),
                        FunctionDescriptor.of(
                                ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS))
                .invokeExact(vocabulary, arena.allocateFrom(gbnf), arena.allocateFrom("root"));
        throw new IllegalStateException("the parser returned " + sampler);
    }
}
