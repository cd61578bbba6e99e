package dev.corral.engine.local;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.engine.Search;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.beam.BeamGroups;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.completion.Output;
import dev.corral.engine.local.completion.TokenScores;
import dev.corral.engine.local.completion.TokenScores.Target;
import dev.corral.engine.local.media.MediaPrompts;
import dev.corral.engine.local.media.PreparedPrompt;
import dev.corral.engine.local.media.PromptMedia;
import dev.corral.engine.local.sampling.Grammars;
import dev.corral.engine.local.sampling.SamplerChains;
import dev.corral.engine.local.speculation.Lookaheads;
import dev.corral.engine.local.text.ChunkStops;
import dev.corral.engine.local.text.Pieces;
import dev.corral.engine.local.text.PromptTokens;
import dev.corral.engine.local.text.TextAssembler;
import dev.corral.engine.local.text.UnbrokenRuns;
import dev.corral.llama.SamplerChain;
import dev.corral.llama.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns a request into completions that are ready to run: tokens, samplers, grammar. Everything that can be wrong with
 * a request shows here, before it reaches the engine thread. Thread-safe; runs on a text thread.
 */
final class Preparation {

    private final Vocabulary vocabulary;
    private final int contextSize;
    private final PromptTokens tokens;
    private final MediaPrompts media;
    private final SamplerChains chains;
    private final Grammars grammars;
    private final Pieces pieces;
    private final BeamGroups beamGroups;
    private final Lookaheads lookaheads;

    /**
     * @param slots how many completions can run at once
     * @param lookaheads what completions speculate with
     * @param media reads prompts with images and sound
     */
    Preparation(Vocabulary vocabulary, int contextSize, int slots, Lookaheads lookaheads, MediaPrompts media) {
        this.media = media;
        this.lookaheads = lookaheads;
        this.vocabulary = vocabulary;
        this.contextSize = contextSize;
        this.tokens = new PromptTokens(vocabulary);
        this.chains = new SamplerChains(vocabulary, contextSize);
        this.grammars = new Grammars(vocabulary);
        this.pieces = new Pieces(vocabulary);
        this.beamGroups = new BeamGroups(vocabulary, pieces, chains.endOfGeneration(), contextSize, slots);
    }

    /** @throws EngineException when the request can't be run */
    List<Completion> prepare(LocalGeneration generation) {
        Generate request = generation.request();
        if (!request.prompt().hasMedia()) {
            return prepare(generation, new PreparedPrompt(tokens(request.prompt()), null));
        }
        if (request.logprobs().prompt()) {
            throw new InvalidRequestException(
                    "prompt", "one with images or sound", "must be text where its tokens are scored");
        }
        PreparedPrompt prompt = media.read(request.prompt());
        try (PromptMedia shown = Objects.requireNonNull(prompt.media()).share()) {
            List<Completion> completions = prepare(generation, prompt);
            completions.forEach(completion -> completion.show(shown.share()));
            return completions;
        }
    }

    private List<Completion> prepare(LocalGeneration generation, PreparedPrompt prompt) {
        Generate request = generation.request();
        int length = prompt.tokens().length;
        if (length >= contextSize) {
            throw new EngineException(new EngineError.ContextExceeded(length, contextSize));
        }
        Map<Integer, Float> biases = biases(request.sampling().logitBias());
        if (request.search() instanceof Search.Beams beams) {
            int[] all = prompt.tokens();
            return beamGroups.of(generation, beams, all, biases, promptScores(generation, 0, all));
        }
        List<Completion> completions = new ArrayList<>(request.candidates());
        try {
            for (int index = 0; index < request.candidates(); index++) {
                completions.add(complete(generation, index, prompt, biases));
            }
            return completions;
        } catch (RuntimeException e) {
            completions.forEach(Completion::close);
            throw e;
        }
    }

    private Completion complete(
            LocalGeneration generation, int index, PreparedPrompt prepared, Map<Integer, Float> biases) {
        int[] prompt = prepared.tokens();
        Generate request = generation.request();
        dev.corral.llama.@Nullable Grammar grammar = grammars.create(request.grammar());
        try {
            SamplerChain chain = chains.build(request.sampling(), biases, prepared.text(), index);
            TokenScores scores = promptScores(generation, index, prompt);
            Completion completion =
                    new Completion(generation, index, prompt, chain, grammar, output(generation, index), scores, null);
            if (prepared.media() == null) {
                lookaheads.of(request, prompt).ifPresent(completion::speculate);
            }
            return completion;
        } catch (RuntimeException e) {
            if (grammar != null) {
                grammar.close();
            }
            throw e;
        }
    }

    private static Output output(LocalGeneration generation, int index) {
        Generate request = generation.request();
        int minIndent = request.limits().minIndent();
        int chunk = request.output().chunk();
        return chunk == 0
                ? new Output(generation, index, new TextAssembler(request.stop(), minIndent))
                : new Output(
                        generation,
                        index,
                        new TextAssembler(List.of(), minIndent),
                        new ChunkStops(request.stop(), chunk));
    }

    /** Scores of a whole prompt but its first token, sent when they are complete; none where nobody asks for them. */
    private TokenScores promptScores(LocalGeneration generation, int index, int[] prompt) {
        if (index > 0 || !generation.request().logprobs().prompt()) {
            return TokenScores.NONE;
        }
        List<Target> targets = new ArrayList<>(prompt.length - 1);
        for (int position = 0; position < prompt.length - 1; position++) {
            targets.add(new Target(position, prompt[position + 1]));
        }
        TokenLogprob first = new TokenLogprob(prompt[0], pieces.bytes(prompt[0]), Double.NaN, List.of());
        Consumer<List<Target>> send = scored -> {
            List<TokenLogprob> tokens = new ArrayList<>(prompt.length);
            tokens.add(first);
            for (Target target : scored) {
                tokens.add(
                        new TokenLogprob(target.token(), pieces.bytes(target.token()), target.logprob(), target.top()));
            }
            generation.send(new Event.PromptLogprobs(tokens));
        };
        return new TokenScores(targets, generation.request().logprobs().top(), true, send);
    }

    private int[] tokens(Prompt prompt) {
        int[] found = tokens.of("prompt", prompt);
        if (found.length > 0) {
            return found;
        }
        return IntStream.of(vocabulary
                        .bos()
                        .orElseThrow(() -> new InvalidRequestException(
                                "prompt",
                                "empty",
                                "must have at least one token, since this model has none to begin with")))
                .toArray();
    }

    /** How many tokens a prompt has. */
    int length(Prompt prompt) {
        if (!prompt.hasMedia()) {
            return tokens.of("prompt", prompt).length;
        }
        PreparedPrompt read = media.read(prompt);
        try (PromptMedia _ = Objects.requireNonNull(read.media()).share()) {
            return read.tokens().length;
        }
    }

    Reply.Detokenized detokenize(Query.Detokenize query) {
        tokens.check("tokens", query.tokens());
        byte[] bytes = vocabulary.detokenize(query.tokens().toArray(), false, query.special());
        return new Reply.Detokenized(new String(bytes, StandardCharsets.UTF_8));
    }

    /** @throws InvalidRequestException when there is no grammar for the schema */
    String grammarOf(String schema) {
        return grammars.fromSchema(schema);
    }

    private Map<Integer, Float> biases(List<LogitBias> biases) {
        Map<Integer, Float> byToken = new HashMap<>();
        for (LogitBias bias : biases) {
            switch (bias) {
                case LogitBias.OfToken(int token, double value) -> {
                    tokens.check("logit_bias", token);
                    byToken.put(token, (float) value);
                }
                case LogitBias.OfText(String text, double value) -> {
                    UnbrokenRuns.check("logit_bias", text, vocabulary);
                    for (int token : vocabulary.tokenize(text, false, false)) {
                        byToken.put(token, (float) value);
                    }
                }
            }
        }
        return byToken;
    }
}
