package dev.corral.bench.scenario;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How many tokens must be computed at least for several prompts: each prefix that some of them share, once. */
final class UniqueTokens {

    private UniqueTokens() {}

    private static final class Node {
        private final Map<Integer, Node> next = new HashMap<>();
    }

    /** The nodes of the prompts' trie. */
    static int count(List<int[]> prompts) {
        Node root = new Node();
        int nodes = 0;
        for (int[] prompt : prompts) {
            Node node = root;
            for (int token : prompt) {
                Node child = node.next.get(token);
                if (child == null) {
                    child = new Node();
                    node.next.put(token, child);
                    nodes++;
                }
                node = child;
            }
        }
        return nodes;
    }
}
