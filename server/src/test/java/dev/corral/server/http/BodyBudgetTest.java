package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BodyBudgetTest {

    private static ApiError.Kind refusal(BodyBudget.Share share, long bytes) {
        ApiError[] error = new ApiError[1];
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> share.take(bytes))
                .satisfies(e -> error[0] = e.error());
        return error[0].kind();
    }

    @Test
    void whatOthersHoldIsNotThere() {
        BodyBudget budget = new BodyBudget(100);
        try (BodyBudget.Share one = budget.open();
                BodyBudget.Share other = budget.open()) {
            one.take(40);
            one.take(30);
            assertThat(refusal(other, 31)).isEqualTo(ApiError.Kind.BUSY);
            other.take(30);
            assertThat(budget.taken()).isEqualTo(100);
            one.close();
            other.take(70);
        }
        assertThat(budget.taken()).isZero();
    }

    @Test
    void whatIsTooMuchAloneWillNotFitLaterEither() {
        BodyBudget budget = new BodyBudget(100);
        try (BodyBudget.Share share = budget.open()) {
            share.take(60);
            assertThat(refusal(share, 41)).isEqualTo(ApiError.Kind.BODY_TOO_LARGE);
            assertThat(budget.taken()).isEqualTo(60);
        }
    }

    @Test
    void smallTextsThatBecomeLargeTreesCountForMore() {
        assertThat(BodyBudget.values("[[],[],{\"a\":1}]".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(7);
        assertThat(BodyBudget.values("a=1&b=2".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(1);
        assertThat(BodyBudget.values("A plain text".getBytes(StandardCharsets.UTF_8)))
                .isZero();
    }
}
