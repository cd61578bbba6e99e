package dev.corral.server.easylm;

/**
 * What stands around the turns of a dialogue, as the model was trained with it.
 *
 * @param prepend before the whole dialogue; no part of the context that clients get
 * @param userPrefix before what the user says
 * @param userSuffix behind it
 * @param lmPrefix before what the model says
 * @param lmSuffix behind it
 */
public record ChatAffixes(String prepend, String userPrefix, String userSuffix, String lmPrefix, String lmSuffix) {

    public static final ChatAffixes NONE = new ChatAffixes("", "", "", "", "");

    /** The context up to where the model answers. */
    String opened(String context, String prompt) {
        return context + userPrefix + prompt + userSuffix + lmPrefix;
    }
}
