package dev.corral.server.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteHostsTest {

    @ParameterizedTest
    @CsvSource({
        "images.example.org, http://images.example.org/a.png, NAMED",
        "images.example.org, https://IMAGES.example.org./a.png, NAMED",
        "images.example.org, https://images.example.org:443/a.png, NAMED",
        "images.example.org, https://images.example.org:80/a.png, ",
        "images.example.org, http://images.example.org:8080/a.png, ",
        "images.example.org, http://other.images.example.org/a.png, ",
        "images.example.org, http://images.example.org.evil.example/a.png, ",
        "images.example.org, http://images.example.org@evil.example/a.png, ",
        "images.example.org, http://user@images.example.org/a.png, ",
        "images.example.org, ftp://images.example.org/a.png, ",
        "images.example.org, file:///etc/passwd, ",
        "images.example.org, file://images.example.org/etc/passwd, ",
        "images.example.org, gopher://images.example.org/, ",
        "images.example.org:8080, http://images.example.org:8080/a.png, NAMED",
        "images.example.org:8080, http://images.example.org/a.png, ",
        "*.example.org, http://images.example.org/a.png, PUBLIC",
        "*.example.org, http://example.org/a.png, ",
        "*.example.org, http://evilexample.org/a.png, ",
        "*, http://127.0.0.1/a.png, PUBLIC",
        "*, http://127.0.0.1:8080/a.png, ",
        "127.0.0.1, http://127.0.0.1/a.png, NAMED",
        "127.0.0.1, http://2130706433/a.png, ",
        "[::1]:90, http://[::1]:90/a.png, NAMED",
        "bücher.example, http://xn--bcher-kva.example/a.png, NAMED",
    })
    void onlyWhatIsNamedIsAsked(String entry, URI address, RemoteHosts.Trust trust) {
        assertThat(RemoteHosts.of(List.of("elsewhere.example", entry)).trust(address))
                .isEqualTo(Optional.ofNullable(trust));
        assertThat(RemoteHosts.NONE.trust(address)).isEmpty();
    }

    @Test
    void whoIsNamedBesideAWildcardIsTrusted() {
        assertThat(RemoteHosts.of(List.of("*", "127.0.0.1")).trust(URI.create("http://127.0.0.1/")))
                .contains(RemoteHosts.Trust.NAMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "http://a.example", "a.example/", "a.example:0", "a.example:70000", "a*", "*.*.example"
            })
    void whatIsNoHostIsRefused(String entry) {
        assertThatIllegalArgumentException().isThrownBy(() -> RemoteHosts.of(List.of(entry)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.1.2.3",
                "100.64.0.1",
                "100.100.100.200",
                "127.0.0.1",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.192",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.51.100.7",
                "203.0.113.7",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:127.0.0.1",
                "::127.0.0.1",
                "64:ff9b::7f00:1",
                "2001::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "fc00::1",
                "fd00:ec2::254",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "3fff::1"
            })
    void whatIsNotPublicIsNot(String address) throws Exception {
        assertThat(RemoteAddress.isPublic(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.1",
                "100.63.0.1",
                "100.128.0.1",
                "169.253.1.1",
                "172.15.0.1",
                "172.32.0.1",
                "192.1.0.1",
                "198.20.0.1",
                "223.255.255.255",
                "2606:4700:4700::1111",
                "2001:4860:4860::8888"
            })
    void whatIsPublicIs(String address) throws Exception {
        assertThat(RemoteAddress.isPublic(InetAddress.getByName(address))).isTrue();
    }
}
