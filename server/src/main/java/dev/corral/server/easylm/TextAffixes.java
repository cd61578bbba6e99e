package dev.corral.server.easylm;

/** What is put before and behind every prefix, and every text that is scored. */
public record TextAffixes(String prependToPrefix, String appendToPrefix, String prependToText, String appendToText) {

    public static final TextAffixes NONE = new TextAffixes("", "", "", "");

    String prefix(String of) {
        return prependToPrefix + of + appendToPrefix;
    }

    String text(String of) {
        return prependToText + of + appendToText;
    }
}
