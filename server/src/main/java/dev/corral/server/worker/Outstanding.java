package dev.corral.server.worker;

import dev.corral.engine.EngineError;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Query;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Generations and questions that are in one worker, by their numbers. Thread-safe. */
final class Outstanding {

    private record Question(Query<?> query, CompletableFuture<Notice> answer) {}

    private final Suspects suspects;
    private final Map<Long, WorkerGeneration> generations = new ConcurrentHashMap<>();
    private final Map<Long, Question> questions = new ConcurrentHashMap<>();
    private final List<Generate> lostGenerations = new ArrayList<>();
    private final List<Query<?>> lostQuestions = new ArrayList<>();

    Outstanding(Suspects suspects) {
        this.suspects = suspects;
    }

    void add(long id, WorkerGeneration generation) {
        generations.put(id, generation);
    }

    void removeGeneration(long id) {
        generations.remove(id);
    }

    /** Returns what will be the answer. */
    CompletableFuture<Notice> add(long id, Query<?> query) {
        Question question = new Question(query, new CompletableFuture<>());
        questions.put(id, question);
        return question.answer;
    }

    void removeQuestion(long id) {
        questions.remove(id);
    }

    /** Called by the reader's thread, as the next two. */
    void happened(long id, Event event) {
        @Nullable WorkerGeneration generation = generations.get(id);
        if (generation != null && generation.happened(event)) {
            generations.remove(id);
            if (event instanceof Event.Finished) {
                suspects.endedWell(generation.request());
            }
        }
    }

    void declined(long id, EngineError error) {
        @Nullable WorkerGeneration generation = generations.remove(id);
        if (generation != null) {
            generation.decline(error);
        }
    }

    void answered(long id, Notice answer) {
        @Nullable Question question = questions.get(id);
        if (question != null) {
            question.answer.complete(answer);
        }
    }

    /** Ends all of them so. */
    void fail(EngineError error) {
        for (Map.Entry<Long, WorkerGeneration> entry : generations.entrySet()) {
            entry.getValue().happened(new Event.Failed(error));
            generations.remove(entry.getKey());
        }
        questions.forEach((id, question) -> question.answer.complete(new Notice.Refused(id, error)));
    }

    /** What is there now was there when the worker died. */
    synchronized void lose() {
        generations.values().forEach(generation -> lostGenerations.add(generation.request()));
        questions.values().forEach(question -> lostQuestions.add(question.query()));
    }

    /** Tells the suspects what was lost. Returns how much it was. */
    synchronized int accuse() {
        suspects.died(lostGenerations, lostQuestions);
        return lostGenerations.size() + lostQuestions.size();
    }
}
