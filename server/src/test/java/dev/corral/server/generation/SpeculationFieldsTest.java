package dev.corral.server.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Speculation;
import dev.corral.engine.Speculation.DraftModel;
import dev.corral.engine.Speculation.Lookup;
import dev.corral.server.http.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpeculationFieldsTest {

    private static Speculation read(String json) throws Exception {
        return read(json, Speculation.ADAPTIVE);
    }

    private static Speculation read(String json, Speculation defaults) throws Exception {
        return SpeculationFields.read(
                new Fields((ObjectNode) new ObjectMapper().readTree(json.replace('\'', '"'))), defaults);
    }

    @Test
    void withoutFieldsItIsAsTheServerHasIt() throws Exception {
        assertThat(read("{}")).isEqualTo(Speculation.ADAPTIVE);
        assertThat(read("{}", Speculation.OFF)).isEqualTo(Speculation.OFF);
    }

    @Test
    void noTokensIsOff() throws Exception {
        assertThat(read("{'speculative.n_max': 0}").isOn()).isFalse();
    }

    @Test
    void aLimitHoldsForWhateverDrafts() throws Exception {
        Speculation speculation = read("{'speculative.n_max': 5, 'speculative.n_min': 2, 'speculative.p_min': 0.9}");
        assertThat(speculation.draftModel()).isEqualTo(new DraftModel(2, 5, 0.9));
        assertThat(speculation.lookup()).isEqualTo(new Lookup(3, 5));
    }

    @Test
    void lookupHasSizes() throws Exception {
        Speculation speculation =
                read("{'speculative.ngram_size_n': 7, 'speculative.ngram_size_m': 20, 'speculative.adaptive': false}");
        assertThat(speculation.lookup()).isEqualTo(new Lookup(7, 20));
        assertThat(speculation.draftModel()).isEqualTo(DraftModel.ON);
        assertThat(speculation.adaptive()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "none,none",
        "ngram-simple,ngram-simple",
        "ngram-mod,ngram-simple",
        "draft-simple,draft-simple",
        "'ngram-cache,draft-simple','draft-simple,ngram-simple'"
    })
    void aTypeSwitchesOnWhatTheServerHasOff(String asked, String shown) throws Exception {
        Speculation speculation = read("{'speculative.type': '" + asked + "'}", Speculation.OFF);
        assertThat(SpeculationTypes.names(speculation)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "speculative.n_max,-1",
        "speculative.n_max,1025",
        "speculative.n_min,-1",
        "speculative.p_min,1.5",
        "speculative.ngram_size_n,0",
        "speculative.ngram_size_m,2000",
        "speculative.type,'''draft-mtp'''",
        "speculative.adaptive,1"
    })
    void whatIsOutOfRangeIsNamed(String field, String value) {
        assertThatThrownBy(() -> read("{'" + field + "': " + value + "}"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(field);
    }
}
