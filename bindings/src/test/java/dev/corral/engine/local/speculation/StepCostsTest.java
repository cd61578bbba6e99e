package dev.corral.engine.local.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class StepCostsTest {

    private static final double STEP = 10e6;

    @Test
    void learnsWhatRowsCostByTheirNumber() {
        StepCosts costs = new StepCosts(4);
        assertThat(costs.plain(1)).isZero();
        for (int i = 0; i < 40; i++) {
            costs.measured(1, STEP);
            costs.measured(1, STEP);
            costs.measured(1, 2, STEP + 2 * 6e6);
            costs.measured(1, 32, STEP + 32 * 3e6);
        }
        assertThat(costs.plain(1)).isEqualTo(STEP, within(1e3));
        assertThat(costs.rows(1, 2)).isEqualTo(2 * 6e6, within(0.5e6));
        assertThat(costs.rows(1, 32)).isEqualTo(32 * 3e6, within(3e6));
        assertThat(costs.rows(1, 24)).as("as its nearest neighbour").isEqualTo(24 * 3e6, within(3e6));
        assertThat(costs.rows(1, 0)).isZero();
    }

    @Test
    void aCompletionAmongOthersHasCostsOfItsOwn() {
        StepCosts costs = new StepCosts(4);
        costs.measured(1, STEP);
        costs.measured(3, 2 * STEP);
        costs.measured(1, 4, STEP + 4e6);
        costs.measured(3, 4, 2 * STEP + 40e6);
        assertThat(costs.rows(1, 4)).isEqualTo(4e6, within(1.0));
        assertThat(costs.rows(3, 4)).isEqualTo(40e6, within(1.0));
    }

    @Test
    void aStepThatIsSlowerAfterDraftsCountsAsTheirCost() {
        StepCosts costs = new StepCosts(1);
        costs.measured(1, STEP);
        for (int i = 0; i < 40; i++) {
            costs.measured(1, 2, STEP + 2e6);
            costs.measured(1, STEP + 3e6);
        }
        assertThat(costs.plain(1)).isEqualTo(STEP, within(1.0));
        assertThat(costs.rows(1, 2)).isEqualTo(2e6 + 3e6, within(0.1e6));
    }

    @Test
    void aHiccupIsNoMeasurement() {
        StepCosts costs = new StepCosts(1);
        costs.measured(1, STEP);
        costs.measured(1, 100 * STEP);
        assertThat(costs.plain(1)).isLessThan(1.3 * STEP);
    }

    @Test
    void whatWasTooDearFades() {
        StepCosts costs = new StepCosts(1);
        costs.measured(1, STEP);
        costs.measured(1, 4, 9 * STEP);
        double dear = costs.rows(1, 4);
        for (int i = 0; i < 2000; i++) {
            costs.measured(1, STEP);
        }
        assertThat(costs.rows(1, 4)).isLessThan(dear / 2);
    }
}
