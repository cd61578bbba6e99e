package dev.corral.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request's body, which is read once, when it is first asked for, and can be asked for in any form.
 *
 * <p>Used by the connection's thread only.
 */
final class RequestBody {

    private static final int PART = 1 << 16;

    private final BodyBudget.Share memory = BodyBudget.OF_THE_HEAP.open();
    private final ServerRequest request;
    private final Runnable endConnection;
    private @Nullable Fields fields;
    private byte @Nullable [] bytes;

    /** @param endConnection has the connection end with the answer, since what follows is no request */
    RequestBody(ServerRequest request, Runnable endConnection) {
        this.request = request;
        this.endConnection = endConnection;
    }

    /** Of the JSON object. */
    Fields fields() {
        Fields read = fields;
        if (read == null) {
            read = new Fields(JsonBody.parse(bytes()));
            fields = read;
        }
        return read;
    }

    /** Of the JSON array. */
    List<Fields> objects() {
        return new Fields(JsonBody.parseArray(BodyDoc.ARRAY, bytes())).objects(BodyDoc.ARRAY);
    }

    /** Of the form, urlencoded or multipart, or of the JSON object. */
    ObjectNode parameters() {
        return FormBody.parse(request.headers().first(HeaderNames.CONTENT_TYPE), bytes());
    }

    MultipartForm form() {
        String type = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
        return MultipartForm.parse(type, bytes());
    }

    /** The model that it names, whatever form it has; what is no name counts as none. */
    Optional<String> model() {
        byte[] read = bytes();
        int first = 0;
        while (first < read.length && read[first] <= ' ') {
            first++;
        }
        if (first == read.length || read[first] == '[') {
            return Optional.empty();
        }
        JsonNode named = (read[first] == '{' ? fields().json() : parameters()).get("model");
        return Optional.ofNullable(named).filter(JsonNode::isTextual).map(JsonNode::textValue);
    }

    private byte[] bytes() {
        byte[] known = bytes;
        if (known == null) {
            known = read();
            bytes = known;
        }
        return known;
    }

    private byte[] read() {
        try {
            // not closed: that would wait for the rest of a body that breaks off
            byte[] all = readAll(request.content().inputStream());
            WatchedConnection.current().client().awaitNothing();
            return all;
        } catch (IOException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            if (WatchedConnection.current().client().timedOut()) {
                endConnection.run();
                throw new ApiException(ApiError.Kind.REQUEST_TIMED_OUT, "the body did not come in time");
            }
            throw new ClientLeft(e);
        } catch (NumberFormatException | DataReader.IncorrectNewLineException e) {
            endConnection.run();
            throw new ApiException(ApiError.Kind.INVALID, "the body's chunks are malformed");
        }
    }

    /** Counts what it takes as it comes, not as it was announced. */
    private byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] part;
        do {
            part = in.readNBytes(PART);
            take((long) BodyBudget.COPIES * part.length + (long) BodyBudget.NODE * BodyBudget.values(part));
            if (part.length < PART && all.size() == 0) {
                return part;
            }
            all.writeBytes(part);
        } while (part.length == PART);
        return all.toByteArray();
    }

    private void take(long bytes) {
        try {
            memory.take(bytes);
        } catch (ApiException e) {
            endConnection.run(); // the rest of the body is not read
            throw e;
        }
    }

    /** Gives back the memory that it took; nobody reads it any more. */
    void release() {
        memory.close();
    }
}
