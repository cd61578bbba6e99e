package dev.corral.engine.local.score;

import dev.corral.engine.Generate;
import dev.corral.engine.Likelihood;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.adapter.Adapters;
import dev.corral.engine.local.schedule.Backlog;
import dev.corral.engine.local.schedule.Scheduler;
import dev.corral.engine.local.text.TextThreads;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Answers questions for the scores of given texts: a text thread makes a {@link ScorePlan}, its runs go through the
 * scheduler, and the asking thread waits. Interrupting it gives up what is not computed yet.
 *
 * <p>Thread-safe.
 */
public final class ScoreQuestions {

    private final ScoreTexts texts;
    private final int slots;
    private final TextThreads text;
    private final Executor engineThread;
    private final Scheduler scheduler;
    private final Adapters adapters;
    private final Backlog backlog;

    /** @param contextSize tokens that one sequence holds */
    public ScoreQuestions(
            Vocabulary vocabulary,
            int contextSize,
            int slots,
            TextThreads text,
            Executor engineThread,
            Scheduler scheduler,
            Adapters adapters,
            Backlog backlog) {
        this.texts = new ScoreTexts(vocabulary, contextSize);
        this.slots = slots;
        this.text = text;
        this.engineThread = engineThread;
        this.scheduler = scheduler;
        this.adapters = adapters;
        this.backlog = backlog;
    }

    public Reply.Scored score(Query.Score query) throws InterruptedException {
        ScorePlan plan = text.call(() -> text.timed(() -> texts.plan(query)));
        run(plan, query.schedule(), query.partition());
        List<List<Likelihood>> items = new ArrayList<>(query.items().size());
        int next = 0;
        for (Query.Score.Item item : query.items()) {
            List<Likelihood> likelihoods = new ArrayList<>(item.continuations().size());
            for (int i = 0; i < item.continuations().size(); i++) {
                likelihoods.add(plan.likelihood(next++));
            }
            items.add(likelihoods);
        }
        return new Reply.Scored(items);
    }

    public Reply.RollingScored score(Query.ScoreRolling query) throws InterruptedException {
        List<List<ScorePlan.Text>> windows = text.call(() -> text.timed(() -> texts.windows(query)));
        ScorePlan plan = ScorePlan.of(windows.stream().flatMap(List::stream).toList());
        run(plan, query.schedule(), query.partition());
        List<Likelihood> likelihoods = new ArrayList<>(windows.size());
        int next = 0;
        for (List<ScorePlan.Text> ofText : windows) {
            likelihoods.add(plan.likelihood(next, ofText.size()));
            next += ofText.size();
        }
        return new Reply.RollingScored(likelihoods);
    }

    /** Runs a plan. However long it is, it counts as at most one request a slot. */
    private void run(ScorePlan plan, Generate.Schedule schedule, String partition) throws InterruptedException {
        int atOnce = Math.min(plan.runs().size(), 2 * slots);
        Scoring scoring = new Scoring(plan, schedule, partition, atOnce, texts, engineThread, scheduler, adapters);
        int counted = Math.min(atOnce, slots);
        backlog.enter(counted);
        try {
            // what a text thread posts comes before the engine thread is stopped
            text.call(() -> {
                scoring.start();
                return true;
            });
            scoring.await();
        } catch (InterruptedException e) {
            scoring.cancel();
            throw e;
        } finally {
            backlog.leave(counted);
        }
    }
}
