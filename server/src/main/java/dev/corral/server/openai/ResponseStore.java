package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Answers that clients may come back to, with the conversations that led to them. Each caller has a number and an amount
 * of them; the one that was not asked for the longest goes first. Nothing outlives the server.
 *
 * <p>Thread-safe.
 */
final class ResponseStore {

    static final int MOST = 1024;
    static final long MOST_CHARACTERS = 32L << 20;

    private final int most;
    private final long mostCharacters;
    private final Map<String, Shelf> shelves = new HashMap<>();

    /**
     * @param messages the messages up to the answer, itself included; not to be changed
     * @param reply the answer; not to be changed
     * @param size how long both are as text
     */
    record Stored(ArrayNode messages, ObjectNode reply, long size) {
        static Stored of(ArrayNode messages, ObjectNode reply) {
            return new Stored(
                    messages,
                    reply,
                    messages.toString().length() + reply.toString().length());
        }
    }

    private static final class Shelf {
        private final Map<String, Stored> responses = new LinkedHashMap<>(16, 0.75f, true);
        private long characters;
    }

    ResponseStore() {
        this(MOST, MOST_CHARACTERS);
    }

    /**
     * @param most how many answers a caller may have
     * @param mostCharacters how long all of them together may be
     */
    ResponseStore(int most, long mostCharacters) {
        this.most = most;
        this.mostCharacters = mostCharacters;
    }

    synchronized void put(String caller, String id, Stored stored) {
        Shelf shelf = shelves.computeIfAbsent(caller, _ -> new Shelf());
        shelf.responses.put(id, stored);
        shelf.characters += stored.size();
        while (shelf.responses.size() > most || shelf.characters > mostCharacters) {
            take(shelf, shelf.responses.keySet().iterator().next());
        }
    }

    synchronized Optional<Stored> get(String caller, String id) {
        return Optional.ofNullable(shelves.get(caller)).map(shelf -> shelf.responses.get(id));
    }

    /** Whether it was there. */
    synchronized boolean remove(String caller, String id) {
        Shelf shelf = shelves.get(caller);
        return shelf != null && take(shelf, id);
    }

    private static boolean take(Shelf shelf, String id) {
        Stored stored = shelf.responses.remove(id);
        if (stored == null) {
            return false;
        }
        shelf.characters -= stored.size();
        return true;
    }
}
