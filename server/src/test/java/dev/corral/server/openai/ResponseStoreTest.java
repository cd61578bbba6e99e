package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.server.http.Json;
import dev.corral.server.openai.ResponseStore.Stored;
import org.junit.jupiter.api.Test;

class ResponseStoreTest {

    private static Stored stored(int characters) {
        ArrayNode messages = Json.array().add("x".repeat(characters - "[\"\"]{}".length()));
        return Stored.of(messages, Json.object());
    }

    @Test
    void keepsSoManyOfEachCaller() {
        ResponseStore store = new ResponseStore(2, 1000);
        store.put("ann", "1", stored(10));
        store.put("ann", "2", stored(10));
        store.put("bob", "3", stored(10));
        assertThat(store.get("ann", "1")).isPresent();
        store.put("ann", "4", stored(10));
        assertThat(store.get("ann", "2")).as("asked for the longest ago").isEmpty();
        assertThat(store.get("ann", "1")).isPresent();
        assertThat(store.get("ann", "4")).isPresent();
        assertThat(store.get("bob", "3")).isPresent();
    }

    @Test
    void keepsSoMuchOfEachCaller() {
        ResponseStore store = new ResponseStore(100, 100);
        store.put("ann", "1", stored(60));
        store.put("ann", "2", stored(40));
        assertThat(store.get("ann", "1")).isPresent();
        store.put("ann", "3", stored(10));
        assertThat(store.get("ann", "2")).isEmpty();
        assertThat(store.get("ann", "3")).isPresent();
        store.put("ann", "4", stored(101));
        assertThat(store.get("ann", "4")).as("larger than all may be").isEmpty();
        assertThat(store.get("ann", "3")).isEmpty();
    }

    @Test
    void aCallerSeesItsOwn() {
        ResponseStore store = new ResponseStore();
        store.put("ann", "1", stored(10));
        assertThat(store.get("bob", "1")).isEmpty();
        assertThat(store.remove("bob", "1")).isFalse();
        assertThat(store.remove("ann", "1")).isTrue();
        assertThat(store.remove("ann", "1")).isFalse();
        assertThat(store.get("ann", "1")).isEmpty();
    }
}
