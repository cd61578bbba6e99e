package dev.corral.bench.scenario;

import dev.corral.bench.load.Crowd;
import dev.corral.bench.measure.Row;
import dev.corral.bench.measure.Samples;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ten times as many conversations as the KV cache holds, each coming back for a second turn. */
final class ManyConversations implements Scenario {

    /** About 50 tokens a conversation, so that 20 of them fit. */
    private static final int CONTEXT = 1024;

    private static final int WORDS = 36;
    private static final int AT_ONCE = 4;

    @Override
    public String name() {
        return "many-conversations";
    }

    @Override
    public String title() {
        return "200 conversations under a KV cache that holds 20, second turn";
    }

    @Override
    public List<Row> run(Bench bench) throws Exception {
        int count = bench.effort().of(200, 24);
        int every = bench.effort().of(5, 4);
        ServerSetup setup = ServerSetup.context(CONTEXT);
        Map<String, Samples> waits = new LinkedHashMap<>();
        try (Peer llama = bench.llamaServer(setup)) {
            waits.put("llama-server", secondTurns(llama, count, every));
        }
        try (Peer corral = bench.corral(setup)) {
            waits.put("corral", secondTurns(corral, count, every));
        }
        return List.of(Conversations.row(
                "%d conversations under a KV cache that holds 20, second turn: time to first token".formatted(count),
                waits));
    }

    private static Samples secondTurns(Peer peer, int count, int every) throws Exception {
        List<Conversation> conversations = Crowd.run(AT_ONCE, client -> openSome(peer, client, count)).stream()
                .flatMap(List::stream)
                .toList();
        Samples waits = new Samples();
        for (int i = 0; i < conversations.size(); i += every) {
            waits.add(conversations.get(i).goOn(8, 2).millisToFirst());
        }
        return waits;
    }

    private static List<Conversation> openSome(Peer peer, int client, int count) throws Exception {
        List<Conversation> opened = new ArrayList<>();
        for (int i = client; i < count; i += AT_ONCE) {
            Conversation conversation = new Conversation(peer.target(), WORDS, "many conversations", i);
            conversation.open(4);
            opened.add(conversation);
        }
        return opened;
    }
}
