package dev.corral.bench.scenario;

import dev.corral.bench.peer.BatchedBench;
import dev.corral.bench.peer.Children;
import dev.corral.bench.peer.Installation;
import dev.corral.bench.peer.JniPeer;
import dev.corral.bench.peer.Peer;
import dev.corral.bench.peer.ServerSetup;
import dev.corral.bench.report.Plot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What a scenario works with: the contenders, how much to do, and somewhere to put plots. Used by one thread. */
public final class Bench {

    private final Installation installation;
    private final Children children;
    private final Effort effort;
    private final Consumer<String> progress;
    private final List<Plot> plots = new ArrayList<>();

    /** @param progress told what happens, a line at a time */
    public Bench(Installation installation, Children children, Effort effort, Consumer<String> progress) {
        this.installation = installation;
        this.children = children;
        this.effort = effort;
        this.progress = progress;
    }

    public Effort effort() {
        return effort;
    }

    /** Corral's server, warmed up. */
    Peer corral(ServerSetup setup) throws IOException, InterruptedException {
        return warm(coldCorral(setup));
    }

    /** llama.cpp's server, warmed up. */
    Peer llamaServer(ServerSetup setup) throws IOException, InterruptedException {
        return warm(coldLlamaServer(setup));
    }

    Peer coldCorral(ServerSetup setup) throws IOException, InterruptedException {
        return Peer.start(children, "corral", port -> installation.corral(setup, port));
    }

    Peer coldLlamaServer(ServerSetup setup) throws IOException, InterruptedException {
        return Peer.start(children, "llama-server", port -> installation.llamaServer(setup, port));
    }

    private Peer warm(Peer peer) throws InterruptedException {
        return peer.warmUp(effort.of(48, 4), 4).warmUp(1, effort.of(32, 4));
    }

    BatchedBench limit() {
        return new BatchedBench(installation, children);
    }

    JniPeer jni(int context) throws IOException {
        return JniPeer.start(installation, children, context);
    }

    /** True when this build's server has a flag. */
    boolean corralHas(String flag) throws IOException, InterruptedException {
        return installation.corralHelp(children).contains(flag);
    }

    /** Tells whoever watches. */
    void say(String line) {
        progress.accept(line);
    }

    void plot(Plot plot) {
        plots.add(plot);
    }

    public List<Plot> plots() {
        return List.copyOf(plots);
    }
}
