package dev.corral.server.alpaca;

/** A text that comes in pieces, without the white space at its beginning and its end. Used by one thread. */
final class Strip {

    private final StringBuilder held = new StringBuilder();
    private boolean begun;

    /** What can be shown now that this piece has come; white space is held back until something follows it. */
    String next(String piece) {
        held.append(piece);
        int end = held.length();
        while (end > 0 && Character.isWhitespace(held.charAt(end - 1))) {
            end--;
        }
        if (end == 0) {
            return "";
        }
        String shown = held.substring(0, end);
        held.delete(0, end);
        if (begun) {
            return shown;
        }
        begun = true;
        return shown.stripLeading();
    }
}
