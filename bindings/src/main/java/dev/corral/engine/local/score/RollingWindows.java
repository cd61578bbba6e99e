package dev.corral.engine.local.score;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a text that is longer than a context into windows so that each token is scored once, as lm-evaluation-harness
 * does: disjoint windows, each beginning with the token before its first, of which the last is moved back to be full.
 */
final class RollingWindows {

    private RollingWindows() {}

    /**
     * @param beginning the token before the text's first; a text that begins with it is not given another
     * @param window the most tokens that are computed for a window
     */
    static List<ScorePlan.Text> of(int beginning, int[] text, int window) {
        boolean begins = text.length > 0 && text[0] == beginning;
        int[] all = new int[text.length + (begins ? 0 : 1)];
        all[0] = beginning;
        System.arraycopy(text, 0, all, begins ? 0 : 1, text.length);
        List<ScorePlan.Text> windows = new ArrayList<>();
        for (int scored = 1; scored < all.length; ) {
            int end = Math.min(all.length, scored + window);
            int start = Math.max(0, end - window - 1);
            windows.add(new ScorePlan.Text(Arrays.copyOfRange(all, start, end), scored - start));
            scored = end;
        }
        return windows;
    }
}
