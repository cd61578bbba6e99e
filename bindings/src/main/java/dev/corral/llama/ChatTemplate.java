package dev.corral.llama;

import dev.corral.ffi.Native;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * A chat template, rendered by llama.cpp's own code: conversations to prompts, and model output back to messages. JSON in
 * and out; {@code native/corral.h} has the fields. Safe for several threads.
 *
 * <p>A template is a program. It runs until it ends, on the caller's stack.
 */
public final class ChatTemplate extends NativeHandle {

    private final SharedPointer shared;

    private ChatTemplate(Model model, SharedPointer shared) {
        super("chat template", shared.segment(), model.children());
        this.shared = shared;
    }

    static ChatTemplate create(Model model, Optional<String> source) {
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment text = source.map(jinja -> Utf8.terminated(arena, jinja, "the template"))
                    .orElse(MemorySegment.NULL);
            MemorySegment chat = arena.allocate(ValueLayout.ADDRESS);
            error.check(Native.corral_chat_create(model.pointer(), text, chat, error.segment()));
            return new ChatTemplate(
                    model,
                    new SharedPointer(Arena.ofShared(), chat.get(ValueLayout.ADDRESS, 0), Native::corral_chat_free));
        }
    }

    /** What it is and can do: source, tokens, capabilities. */
    public String describe() {
        return call((arena, result, error) -> Native.corral_chat_describe(pointer(), result, error));
    }

    /**
     * Renders a conversation.
     *
     * @param request messages, tools, schema and options in OpenAI's shapes
     * @return prompt, grammar, triggers, stop strings, and what {@link #parse} wants to know
     * @throws LlamaException INVALID_ARGUMENT when the request is malformed or the template refuses it
     */
    public String apply(String request) {
        return call((arena, result, error) ->
                Native.corral_chat_apply(pointer(), Utf8.terminated(arena, request, "the request"), result, error));
    }

    /**
     * Reads what a model wrote, or has written so far, back into a message.
     *
     * @param request the text, and format, parser and generation prompt of {@link #apply}'s result
     * @throws LlamaException INVALID_ARGUMENT when the text does not have that format
     */
    public static String parse(String request) {
        NativeLibrary.load();
        return call((arena, result, error) ->
                Native.corral_chat_parse(Utf8.terminated(arena, request, "the request"), result, error));
    }

    /** A call that hands out a string through {@code result}. */
    @FunctionalInterface
    interface TextCall {
        int run(Arena arena, MemorySegment result, MemorySegment error);
    }

    static String call(TextCall call) {
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment result = arena.allocate(ValueLayout.ADDRESS);
            error.check(call.run(arena, result, error.segment()));
            return Utf8.take(result.get(ValueLayout.ADDRESS, 0));
        }
    }

    @Override
    void free(MemorySegment pointer) {
        shared.close();
    }
}
