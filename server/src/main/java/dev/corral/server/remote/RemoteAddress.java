package dev.corral.server.remote;

import io.helidon.webclient.api.DnsAddressLookup;
import io.helidon.webclient.spi.DnsResolver;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Looks up the one address that a connection goes to, so that what was judged is what is asked: a name that means another
 * address a moment later changes nothing.
 *
 * @param trust of the host
 */
record RemoteAddress(RemoteHosts.Trust trust) implements DnsResolver {

    /** There is no address that may be asked. Nothing tells whether there is another one. */
    static final class NoAddress extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoAddress() {
            super("the host has no public address");
        }
    }

    @Override
    public InetAddress resolveAddress(String host, DnsAddressLookup lookup) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (trust == RemoteHosts.Trust.NAMED || isPublic(address)) {
                    return address;
                }
            }
        } catch (UnknownHostException e) {
            throw new NoAddress();
        }
        throw new NoAddress();
    }

    /** Whether an address is anybody's to ask: neither this machine, nor its network, nor one for special uses. */
    static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address ? isPublic4(bytes) : isPublic6(bytes);
    }

    private static boolean isPublic4(byte[] bytes) {
        int first = bytes[0] & 0xff;
        int second = bytes[1] & 0xff;
        int third = bytes[2] & 0xff;
        return switch (first) {
            case 0, 10, 127 -> false;
            case 100 -> second < 64 || second > 127; // shared by carriers, and some clouds' metadata
            case 169 -> second != 254; // link-local, and most clouds' metadata
            case 172 -> second < 16 || second > 31;
            case 192 -> second != 168 && !(second == 0 && (third == 0 || third == 2)) && !(second == 88 && third == 99);
            case 198 -> second != 18 && second != 19 && !(second == 51 && third == 100);
            case 203 -> !(second == 0 && third == 113);
            default -> first < 224;
        };
    }

    /** Global unicast alone, without ranges that hold addresses of version 4 or are for examples. */
    private static boolean isPublic6(byte[] bytes) {
        int first = (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
        int second = (bytes[2] & 0xff) << 8 | bytes[3] & 0xff;
        boolean global = first >> 13 == 1;
        boolean special = first == 0x2001 && (second < 0x200 || second == 0xdb8);
        return global && !special && first != 0x2002 && first != 0x3fff;
    }
}
