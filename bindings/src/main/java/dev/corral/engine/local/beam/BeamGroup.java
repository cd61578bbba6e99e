package dev.corral.engine.local.beam;

import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Search.Beams;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Usage;
import dev.corral.engine.local.beam.BeamSearch.Option;
import dev.corral.engine.local.beam.BeamSearch.Survivor;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.CompletionGroup;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.completion.Output;
import dev.corral.engine.local.text.Pieces;
import dev.corral.engine.local.text.TextAssembler;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The completions of one beam search. The first of them reads the prompt while the others hold their slots; then each
 * carries one beam. A step is over when every beam's output has been computed. A beam that is continued once keeps its
 * sequence; one that is continued more than once is copied into the sequence of one that is not.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class BeamGroup implements CompletionGroup {

    private final Generate request;
    private final Beams rules;
    private final Map<Integer, Float> biases;
    private final Pieces pieces;
    private final List<Completion> members = new ArrayList<>();
    private final List<@Nullable List<Option>> options = new ArrayList<>();
    private final BeamSearch search;
    private final int considered;
    private final byte[][] stops;

    /**
     * @param biases of tokens, those that may not appear included
     * @param maxLength tokens of the longest text
     * @param contextLimit how many of them the context has room for
     * @param endTokens tokens that end a text
     */
    BeamGroup(
            Generate request,
            Beams rules,
            Map<Integer, Float> biases,
            Pieces pieces,
            int maxLength,
            int contextLimit,
            int[] endTokens,
            long seed) {
        this.request = request;
        this.rules = rules;
        this.biases = biases;
        this.pieces = pieces;
        this.considered = BeamSearch.considered(rules, endTokens.length);
        this.stops = request.stop().stream()
                .map(stop -> stop.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        int[] ends = endTokens.clone();
        Arrays.sort(ends);
        this.search = new BeamSearch(
                rules,
                maxLength,
                endTokens.length,
                (beam, token) -> ending(beam, token, ends, contextLimit),
                isSampled() ? new SplittableRandom(seed) : null);
    }

    private @Nullable FinishReason ending(Beam beam, int token, int[] ends, int contextLimit) {
        if (Arrays.binarySearch(ends, token) >= 0) {
            return FinishReason.END_OF_TEXT;
        }
        if (stops.length > 0 && stopsAt(beam, token)) {
            return FinishReason.STOP_STRING;
        }
        return beam.length() + 1 >= contextLimit ? FinishReason.CONTEXT_FULL : null;
    }

    /** Whether a stop string ends within the token's bytes. */
    private boolean stopsAt(Beam beam, int token) {
        int longest = Arrays.stream(stops).mapToInt(stop -> stop.length).max().orElse(0);
        List<byte[]> last = new ArrayList<>();
        int length = 0;
        for (Beam before = beam; before != null && before.length() > 0 && length < longest; before = before.parent()) {
            byte[] piece = pieces.shown(before.token(), request.output());
            last.addFirst(piece);
            length += piece.length;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        last.forEach(bytes::writeBytes);
        bytes.writeBytes(pieces.shown(token, request.output()));
        // one character a byte, so that bytes are found as they are
        String text = bytes.toString(StandardCharsets.ISO_8859_1);
        return Arrays.stream(stops).anyMatch(stop -> text.contains(new String(stop, StandardCharsets.ISO_8859_1)));
    }

    void add(Completion member) {
        members.add(member);
        options.add(null);
    }

    @Override
    public List<Completion> members() {
        return members;
    }

    @Override
    public Completion leader() {
        return members.getFirst();
    }

    Map<Integer, Float> biases() {
        return biases;
    }

    boolean isSampled() {
        return BeamOptions.samples(rules, request.sampling());
    }

    /** How many options of a beam a step looks at. */
    public int considered() {
        return considered;
    }

    /** Takes the options of a member; true when all beams have theirs. */
    public boolean offer(Completion member, List<Option> own) {
        options.set(members.indexOf(member), own);
        for (int place = 0; place < options.size(); place++) {
            if (search.beam(place) != null && options.get(place) == null) {
                return false;
            }
        }
        return true;
    }

    /**
     * Goes on with the beams of the next step.
     *
     * @return false when the search is over
     */
    public boolean advance(KvCache cache, long now) {
        List<Survivor> survivors = search.advance(options);
        for (int place = 0; place < options.size(); place++) {
            options.set(place, null);
        }
        if (search.isOver()) {
            search.place(new Beam[members.size()]);
            return false;
        }
        @Nullable Beam[] next = new Beam[members.size()];
        List<Survivor> copied = new ArrayList<>();
        for (Survivor survivor : survivors) {
            if (next[survivor.place()] == null) {
                next[survivor.place()] = survivor.beam();
            } else {
                copied.add(survivor);
            }
        }
        for (Survivor survivor : copied) {
            int free = 0;
            while (next[free] != null) {
                free++;
            }
            next[free] = survivor.beam();
            members.get(free).becomeCopyOf(members.get(survivor.place()), cache);
        }
        search.place(next);
        for (int place = 0; place < next.length; place++) {
            @Nullable Beam beam = next[place];
            if (beam != null) {
                members.get(place).sampled(beam.token(), now);
            }
        }
        return true;
    }

    /** Reports the best texts, as many as were asked for. */
    @Override
    public void finish(FinishReason reason, long now) {
        List<Beam> best = search.best(request.completions());
        for (int index = 0; index < request.completions(); index++) {
            report(index, index < best.size() ? best.get(index) : Beam.EMPTY, reason, now);
        }
    }

    private void report(int index, Beam text, FinishReason reason, long now) {
        LocalGeneration generation = leader().generation();
        Output output = new Output(generation, index, new TextAssembler(request.stop(), 0));
        for (Beam beam : text.path()) {
            boolean end = beam.ending() == FinishReason.END_OF_TEXT;
            @Nullable
            TokenLogprob logprob = request.logprobs().top() == 0
                    ? null
                    : new TokenLogprob(beam.token(), pieces.bytes(beam.token()), beam.logprob(), beam.top());
            if (!end) {
                output.add(beam.token(), pieces.shown(beam.token(), request.output()), logprob);
            } else if (request.logprobs().prompt()) {
                output.add(beam.token(), new byte[0], logprob);
            }
        }
        output.finish();
        FinishReason own = Optional.ofNullable(text.ending()).orElse(reason);
        generation.send(new Event.Finished(
                index,
                own,
                output.stopped(),
                new Usage(
                        leader().prompt().length(),
                        leader().answer().cached(),
                        text.length(),
                        own == FinishReason.CONTEXT_FULL),
                leader().answer().timings(now)));
    }
}
