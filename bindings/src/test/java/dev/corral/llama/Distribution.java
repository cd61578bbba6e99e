package dev.corral.llama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Tokens with their logits, likeliest first: what samplers are defined on, computed in double precision. */
record Distribution(List<Token> tokens) {

    record Token(int id, double logit) {}

    Distribution {
        tokens = tokens.stream()
                .filter(token -> token.logit() > Double.NEGATIVE_INFINITY)
                .sorted(Comparator.comparingDouble(Token::logit).reversed())
                .toList();
    }

    static Distribution of(float[] logits) {
        return new Distribution(IntStream.range(0, logits.length)
                .mapToObj(id -> new Token(id, logits[id]))
                .toList());
    }

    int size() {
        return tokens.size();
    }

    int id(int rank) {
        return tokens.get(rank).id();
    }

    double[] probabilities() {
        double largest = tokens.getFirst().logit();
        double[] p = tokens.stream()
                .mapToDouble(token -> Math.exp(token.logit() - largest))
                .toArray();
        double sum = Arrays.stream(p).sum();
        return Arrays.stream(p).map(value -> value / sum).toArray();
    }

    double entropy() {
        return Arrays.stream(probabilities())
                .filter(p -> p > 0)
                .map(p -> -p * Math.log(p))
                .sum();
    }

    /** The first n of the tokens in their order. */
    Distribution first(int n) {
        return new Distribution(tokens.subList(0, Math.min(n, size())));
    }

    Distribution from(int rank) {
        return new Distribution(tokens.subList(rank, size()));
    }

    Distribution ranked(List<Integer> ranks) {
        return new Distribution(ranks.stream().map(tokens::get).toList());
    }

    /** With other logits, by rank. */
    Distribution with(IntToDoubleFunction logit) {
        List<Token> changed = new ArrayList<>();
        for (int rank = 0; rank < size(); rank++) {
            changed.add(new Token(id(rank), logit.applyAsDouble(rank)));
        }
        return new Distribution(changed);
    }

    double logit(int rank) {
        return tokens.get(rank).logit();
    }
}
