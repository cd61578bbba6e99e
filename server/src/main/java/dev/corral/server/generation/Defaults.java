package dev.corral.server.generation;

import dev.corral.engine.Limits;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import dev.corral.server.remote.RemoteHosts;
import java.time.Duration;
import java.util.Optional;

/**
 * What holds where a request says nothing.
 *
 * @param sampling how tokens are chosen
 * @param maxTokens at most so many tokens; {@link Limits#UNLIMITED} until the context is full
 * @param contextShift what to forget when the context is full; empty ends the text there
 * @param normalize how embeddings are normalized, by llama.cpp's numbers
 * @param deadline how long a request may take
 * @param beat after how long a silence a stream sends a comment; empty for never
 * @param sharedCache whether requests with different API keys share cached prefixes
 * @param speculation how tokens are drafted
 * @param chat what holds of conversations
 * @param suffixFirst whether the suffix goes before the prefix where a middle is filled in, as some models want it
 * @param remote from where images and sounds of requests may be fetched
 */
public record Defaults(
        Sampling sampling,
        int maxTokens,
        Optional<Limits.ContextShift> contextShift,
        int normalize,
        Optional<Duration> deadline,
        Optional<Duration> beat,
        boolean sharedCache,
        Speculation speculation,
        ChatDefaults chat,
        boolean suffixFirst,
        RemoteHosts remote) {

    public Defaults {
        Limits.MAX_TOKENS.check("n_predict", maxTokens);
        Query.Embed.NORMALIZE.check("embd-normalize", normalize);
    }

    /** The same, where nothing is fetched. */
    public Defaults(
            Sampling sampling,
            int maxTokens,
            Optional<Limits.ContextShift> contextShift,
            int normalize,
            Optional<Duration> deadline,
            Optional<Duration> beat,
            boolean sharedCache,
            Speculation speculation,
            ChatDefaults chat) {
        this(
                sampling,
                maxTokens,
                contextShift,
                normalize,
                deadline,
                beat,
                sharedCache,
                speculation,
                chat,
                false,
                RemoteHosts.NONE);
    }

    /** llama.cpp's sampling, no limit of tokens, an hour's time, a comment after 30 seconds. */
    public static Defaults standard() {
        return new Defaults(
                Sampling.defaults(),
                Limits.UNLIMITED,
                Optional.empty(),
                Query.Embed.EUCLIDEAN,
                Optional.of(Duration.ofHours(1)),
                Optional.of(Duration.ofSeconds(30)),
                false,
                Speculation.ADAPTIVE,
                ChatDefaults.STANDARD);
    }

    /** The same with another silence. */
    public Defaults withBeat(Optional<Duration> silence) {
        return with(silence, chat, suffixFirst, remote);
    }

    /** The same with something else of conversations. */
    public Defaults with(ChatDefaults conversations) {
        return with(beat, conversations, suffixFirst, remote);
    }

    /** The same for models that want the suffix first. */
    public Defaults withSuffixFirst() {
        return with(beat, chat, true, remote);
    }

    /** The same with other hosts that images and sounds may be fetched from. */
    public Defaults with(RemoteHosts hosts) {
        return with(beat, chat, suffixFirst, hosts);
    }

    private Defaults with(
            Optional<Duration> silence, ChatDefaults conversations, boolean suffixGoesFirst, RemoteHosts hosts) {
        return new Defaults(
                sampling,
                maxTokens,
                contextShift,
                normalize,
                deadline,
                silence,
                sharedCache,
                speculation,
                conversations,
                suffixGoesFirst,
                hosts);
    }
}
