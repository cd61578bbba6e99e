package dev.corral.engine.local.beam;

import dev.corral.engine.Generate;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Sampling;
import dev.corral.engine.Search;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.completion.Output;
import dev.corral.engine.local.completion.TokenScores;
import dev.corral.engine.local.text.Pieces;
import dev.corral.engine.local.text.TextAssembler;
import dev.corral.llama.SamplerChain;
import dev.corral.llama.Vocabulary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** Makes the completions of beam searches. Thread-safe; used by text threads. */
public final class BeamGroups {

    private final Vocabulary vocabulary;
    private final Pieces pieces;
    private final int[] endTokens;
    private final int contextSize;
    private final int slots;

    public BeamGroups(Vocabulary vocabulary, Pieces pieces, int[] endTokens, int contextSize, int slots) {
        this.vocabulary = vocabulary;
        this.pieces = pieces;
        this.endTokens = endTokens;
        this.contextSize = contextSize;
        this.slots = slots;
    }

    /**
     * The completions of one search, of which the first stands for all in the queue.
     *
     * @param biases by token, added to what the request and the model ask for
     * @param scores of the prompt, or null
     * @throws InvalidRequestException when a request asks for what beams can't have
     */
    public List<Completion> of(
            LocalGeneration generation,
            Search.Beams beams,
            int[] prompt,
            Map<Integer, Float> biases,
            TokenScores scores) {
        Generate request = generation.request();
        refuseWithBeams(request);
        if (beams.count() > slots) {
            throw new InvalidRequestException(
                    "num_beams", Integer.toString(beams.count()), "must be at most " + slots + ", the number of slots");
        }
        int room = contextSize - prompt.length;
        int maxTokens = request.limits().maxTokens();
        Map<Integer, Float> all = new HashMap<>(biases);
        for (int token : vocabulary.suppressedTokens()) {
            all.put(token, Float.NEGATIVE_INFINITY);
        }
        if (request.sampling().ignoreEos()) {
            for (int token : endTokens) {
                all.put(token, Float.NEGATIVE_INFINITY);
            }
        }
        long seed = request.sampling().seed();
        BeamGroup group = new BeamGroup(
                request,
                beams,
                all,
                pieces,
                maxTokens < 0 ? room : Math.min(maxTokens, room),
                room,
                endTokens,
                seed == Sampling.RANDOM_SEED ? ThreadLocalRandom.current().nextLong() : seed);
        for (int place = 0; place < beams.count(); place++) {
            group.add(new Completion(
                    generation,
                    place,
                    prompt,
                    SamplerChain.builder(vocabulary).greedy().build(),
                    null,
                    new Output(generation, place, new TextAssembler(List.of(), 0)),
                    place == 0 ? scores : TokenScores.NONE,
                    group));
        }
        return group.members();
    }

    private static void refuseWithBeams(Generate request) {
        Sampling sampling = request.sampling();
        refuseWithBeams("grammar", request.grammar().isPresent());
        refuseWithBeams("mirostat", sampling.mirostat().version() != 0);
        refuseWithBeams("dry_multiplier", sampling.dry().multiplier() > 0);
        refuseWithBeams("xtc_probability", sampling.xtc().probability() > 0);
        refuseWithBeams("typical_p", sampling.typicalP() < 1);
        refuseWithBeams("top_n_sigma", sampling.topNSigma() > 0);
        refuseWithBeams("dynatemp_range", sampling.dynamic().range() > 0);
        refuseWithBeams("n_indent", request.limits().minIndent() > 0);
        refuseWithBeams("t_max_predict_ms", request.limits().maxGenerationTime().isPresent());
        refuseWithBeams("post_sampling_probs", request.logprobs().postSampling());
        Sampling.Penalties penalties = sampling.penalties();
        boolean rewards = penalties.repeat() < 1 || penalties.frequency() < 0 || penalties.presence() < 0;
        refuseWithBeams("a penalty that rewards", rewards && penalties.lastN() != 0);
    }

    private static void refuseWithBeams(String field, boolean given) {
        if (given) {
            throw new InvalidRequestException(field, "given", "can't be combined with num_beams");
        }
    }
}
