package dev.corral.server.http;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which web pages may call this server.
 *
 * @param any pages from everywhere
 * @param local pages served by the machine itself
 * @param listed pages of these origins, such as {@code https://example.com}
 */
public record Origins(boolean any, boolean local, Set<String> listed) {

    public static final Origins ANY = new Origins(true, true, Set.of());
    public static final Origins LOCAL = new Origins(false, true, Set.of());

    public Origins {
        listed = Set.copyOf(listed);
    }

    /** {@code *}, {@code localhost}, or origins with commas between them. */
    public static Origins parse(String text) {
        Set<String> words = Arrays.stream(text.split(","))
                .map(word -> word.strip().toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toSet());
        return new Origins(
                words.contains("*"),
                words.contains("localhost"),
                words.stream().filter(word -> word.contains("://")).collect(Collectors.toSet()));
    }

    boolean allow(String origin) {
        return any
                || listed.contains(origin.toLowerCase(Locale.ROOT))
                || (local && Hosts.ofOrigin(origin).filter(Hosts::isLoopback).isPresent());
    }
}
