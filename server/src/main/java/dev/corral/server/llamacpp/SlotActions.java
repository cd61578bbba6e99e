package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query;
import dev.corral.engine.Range;
import dev.corral.engine.Reply;
import dev.corral.server.generation.CachePartition;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;

/** {@code POST /slots/{id}?action=save|restore|erase}: what becomes of the tokens that a slot computed last. */
final class SlotActions {

    static final RouteDoc DOC = RouteDoc.of("Saves, restores or erases what a slot computed last")
            .query("action", "save", "restore", "erase")
            .body(
                    fields -> {
                        filename(fields);
                        CachePartition.of(fields, "", true);
                    },
                    "{'filename': 'conversation.bin'}");

    private static final double NANOS_A_MILLISECOND = 1e6;

    private SlotActions() {}

    /** @param shared whether all API keys share their prefixes, and so their slots */
    static ObjectNode act(Exchange exchange, Engine engine, boolean shared) throws InterruptedException {
        int slot = slot(exchange.path("id"), engine.model().slots());
        String action = exchange.query("action").orElse("");
        return switch (action) {
            case "save" -> {
                Fields body = exchange.body();
                String name = filename(body);
                String partition = CachePartition.of(body, exchange.caller(), shared);
                Reply.SlotStored stored = engine.ask(new Query.SaveSlot(slot, name, partition));
                yield stored(stored, name, "n_saved", "n_written", "save_ms");
            }
            case "restore" -> {
                Fields body = exchange.body();
                String name = filename(body);
                String partition = CachePartition.of(body, exchange.caller(), shared);
                Reply.SlotStored stored = engine.ask(new Query.RestoreSlot(slot, name, partition));
                yield stored(stored, name, "n_restored", "n_read", "restore_ms");
            }
            case "erase" -> {
                Reply.SlotErased erased =
                        engine.ask(new Query.EraseSlot(slot, CachePartition.of(exchange.caller(), shared)));
                yield Json.object().put("id_slot", erased.slot()).put("n_erased", erased.tokens());
            }
            default -> throw new InvalidRequestException("action", action, "must be save, restore or erase");
        };
    }

    private static int slot(String text, int slots) {
        Range range = Range.of(0, slots - 1);
        try {
            return range.check("id_slot", Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("id_slot", text, "must be a whole number " + range);
        }
    }

    private static String filename(Fields fields) {
        return fields.text("filename").orElseThrow(() -> fields.missing("filename"));
    }

    private static ObjectNode stored(
            Reply.SlotStored stored, String name, String tokens, String bytes, String milliseconds) {
        ObjectNode answer = Json.object()
                .put("id_slot", stored.slot())
                .put("filename", name)
                .put(tokens, stored.tokens())
                .put(bytes, stored.bytes());
        answer.putObject("timings").put(milliseconds, stored.nanos() / NANOS_A_MILLISECOND);
        return answer;
    }
}
