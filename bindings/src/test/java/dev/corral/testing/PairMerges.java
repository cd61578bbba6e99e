package dev.corral.testing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte-pair merges learned from a few sentences, most frequent pair first, ties in alphabetical order. A space stands at
 * the beginning of the word that follows it.
 */
final class PairMerges {
    private static final String SENTENCES = """
            The reef is a wall of stone that small animals build. Each of them makes a cup of lime and lives in it.
            When one dies the cup is left, and another makes its own on the top of it. In a thousand years the wall
            is as long as a country and as high as a house. Fish come for food and for a place to hide. The water is
            warm and clear, and there is light all the way down to the sand. What does a reef need to live? It needs
            the sun, the sea and a little luck. If the water is too hot, the color goes out of the stone and the fish
            go with it. But given time it can come back. So we count them, we write down what we see, and when the
            year is over we go and count them again. You are a helpful friend. Tell me how this works and why it is
            so. I think that the answer to your question is that nobody knows. Once upon a time there was a king who
            had three sons and a garden with one tree.""";

    private static final Pattern WORD = Pattern.compile(" ?\\p{Alpha}+");

    /** Two pieces that follow each other, to be read as one. */
    record Merge(String left, String right) {
        String text() {
            return left + right;
        }
    }

    private static final List<Merge> LEARNED = learn(124);

    private PairMerges() {}

    /** 124 merges, each of which makes a text that none before it makes. */
    static List<Merge> all() {
        return LEARNED;
    }

    private static List<Merge> learn(int count) {
        Map<List<String>, Integer> words = new LinkedHashMap<>();
        Matcher matcher = WORD.matcher(SENTENCES.replace('\n', ' '));
        while (matcher.find()) {
            words.merge(List.of(matcher.group().split("")), 1, Integer::sum);
        }
        List<Merge> merges = new ArrayList<>();
        Set<String> known = new LinkedHashSet<>();
        while (merges.size() < count) {
            Merge best = mostFrequent(words, known);
            merges.add(best);
            known.add(best.text());
            Map<List<String>, Integer> merged = new LinkedHashMap<>();
            words.forEach((word, times) -> merged.merge(apply(best, word), times, Integer::sum));
            words = merged;
        }
        return List.copyOf(merges);
    }

    private static Merge mostFrequent(Map<List<String>, Integer> words, Set<String> known) {
        Map<Merge, Integer> counts = new HashMap<>();
        words.forEach((word, times) -> {
            for (int i = 1; i < word.size(); i++) {
                counts.merge(new Merge(word.get(i - 1), word.get(i)), times, Integer::sum);
            }
        });
        counts.keySet().removeIf(merge -> known.contains(merge.text()));
        return counts.entrySet().stream()
                .max(Comparator.comparing(Map.Entry<Merge, Integer>::getValue)
                        .thenComparing(entry -> entry.getKey().left(), Comparator.reverseOrder())
                        .thenComparing(entry -> entry.getKey().right(), Comparator.reverseOrder()))
                .orElseThrow(() -> new IllegalArgumentException("no more than " + known.size() + " merges to learn"))
                .getKey();
    }

    private static List<String> apply(Merge merge, List<String> word) {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < word.size(); i++) {
            boolean both = i + 1 < word.size()
                    && word.get(i).equals(merge.left)
                    && word.get(i + 1).equals(merge.right);
            result.add(both ? merge.text() : word.get(i));
            i += both ? 1 : 0;
        }
        return result;
    }
}
