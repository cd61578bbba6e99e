package dev.corral.server.alpaca;

/** The servers that were published, one with each line of models. */
public enum Edition {
    /** Of Chinese-LLaMA-Alpaca. */
    FIRST(
            "chinese-llama-alpaca",
            new InstructionTemplate(),
            new Decoding(0.1, 0.75, 128, 1),
            new Decoding(0.7, 1, 128, 1)),
    /** Of Chinese-LLaMA-Alpaca-2. */
    SECOND(
            "chinese-llama-alpaca-2",
            new SystemTemplate(),
            new Decoding(0.2, 0.9, 512, 1.1),
            new Decoding(0.2, 0.9, 512, 1.1));

    private final String model;
    private final Template template;
    private final Decoding completion;
    private final Decoding chat;

    Edition(String model, Template template, Decoding completion, Decoding chat) {
        this.model = model;
        this.template = template;
        this.completion = completion;
        this.chat = chat;
    }

    /** What answers call the model, whichever it is. */
    String model() {
        return model;
    }

    Template template() {
        return template;
    }

    /** Of {@code /v1/completions}. */
    Decoding completion() {
        return completion;
    }

    /** Of {@code /v1/chat/completions}. */
    Decoding chat() {
        return chat;
    }
}
