package dev.corral.gguf;

import java.nio.file.Path;

/** What is wrong with a GGUF file, and where. Its message is one sentence for the person who chose the file. */
public final class GgufException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final String place;
    private final long offset;

    GgufException(Path file, String place, long offset, String problem) {
        super(file.getFileName() + ": " + place + " at byte " + offset + " " + problem);
        this.file = file.toString();
        this.place = place;
        this.offset = offset;
    }

    GgufException(Path file, String problem) {
        super(file.getFileName() + " " + problem);
        this.file = file.toString();
        this.place = "the file";
        this.offset = 0;
    }

    /** The file as it was named. */
    public Path file() {
        return Path.of(file);
    }

    /** What is wrong: "metadata llama.block_count", "tensor output.weight", or "the file". */
    public String place() {
        return place;
    }

    /** Where in the file it stands, in bytes from the beginning; 0 when it is about the file as a whole. */
    public long offset() {
        return offset;
    }
}
