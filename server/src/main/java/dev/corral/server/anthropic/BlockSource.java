package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.generation.MediaSource;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;

/** The {@code source} of a block: an image in base64 or at an address, or a document's text. */
final class BlockSource {

    private BlockSource() {}

    /** The image of a block of type {@code image}. */
    static MediaSource image(Fields block) {
        Fields source = source(block);
        String type = type(source);
        return switch (type) {
            case "base64" -> new MediaSource.Given(MediaFields.given(source, "data"));
            case "url" -> MediaFields.source(source, "url");
            case "file" -> throw noFiles();
            default -> throw source.invalid("type", TextNode.valueOf(type), "must be base64 or url");
        };
    }

    /** The text of a block of type {@code document}. */
    static String document(Fields block) {
        Fields source = source(block);
        String type = type(source);
        return switch (type) {
            case "text" -> source.text("data").orElseThrow(() -> source.missing("data"));
            case "file" -> throw noFiles();
            case "base64", "url", "content" ->
                throw new ApiException(
                        ApiError.Kind.UNSUPPORTED,
                        "a document whose source is of type '" + type + "' is not supported; 'text' is");
            default -> throw source.invalid("type", TextNode.valueOf(type), "must be text");
        };
    }

    private static Fields source(Fields block) {
        return block.object("source").orElseThrow(() -> block.missing("source"));
    }

    private static String type(Fields source) {
        return source.text("type").orElseThrow(() -> source.missing("type"));
    }

    private static ApiException noFiles() {
        return new ApiException(
                ApiError.Kind.UNSUPPORTED, "a source of type 'file' is not supported: none are kept here");
    }
}
