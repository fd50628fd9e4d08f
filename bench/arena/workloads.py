"""What is asked of each peer. Every function plays one workload on fresh peers and returns {figure: value}."""

from peers import LATE, RESOLVED, SHORT, SHORT_BYTES, SONG_BYTES

KIB, MIB = 1 << 10, 1 << 20
FIRST = 1


def play_warm(playing, **how):
    """One pass takes so little that what else the machine does shows: the median of five."""
    passes = sorted((playing.load("ranges", **how) for _ in range(5)), key=lambda one: one["cpu"])
    return passes[2]


def small_ranges(field, peer, part):
    """W1: 64 KiB ranges over 16 connections, one in every MiB of the songs; cold, then warm."""
    songs = max(1, 24 // part)
    count = songs * SONG_BYTES // MIB
    how = dict(song=FIRST, songs=songs, size=64 * KIB, each=MIB, count=count, connections=16)
    with field.playing(peer) as playing:
        cold = playing.load("ranges", **how)
        warm = play_warm(playing, **how) if peer.caches else None
    figures = {"CPU ms/1000 cold": cold["cpu"] / count * 1e6,
               "origin bytes/asked": cold["origin_bytes"] / (count * 64 * KIB)}
    if warm:
        figures["CPU ms/1000 warm"] = warm["cpu"] / count * 1e6
    return figures


def large_bodies(field, peer, part):
    """W2: 8 MiB ranges over 8 connections; cold, then warm."""
    songs = max(1, 32 // part)
    count = songs * SONG_BYTES // (8 * MIB)
    how = dict(song=FIRST, songs=songs, size=8 * MIB, each=8 * MIB, count=count, connections=8)
    gigabytes = count * 8 * MIB / 1e9
    with field.playing(peer) as playing:
        cold = playing.load("ranges", **how)
        warm = play_warm(playing, **how) if peer.caches else None
    figures = {"CPU s/GB cold": cold["cpu"] / gigabytes, "GB/s cold": gigabytes / cold["seconds"]}
    if warm:
        figures |= {"CPU s/GB warm": warm["cpu"] / gigabytes, "GB/s warm": gigabytes / warm["seconds"]}
    return figures


def far_ranges(field, peer, part):
    """W3: one 64 KiB range far inside a song whose origin answers after 40 ms, one at a time; cold, then
    again, and other songs of an origin that answers at once."""
    count = max(4, 20 // part)

    def play(playing, first_song):
        return playing.load("ranges", song=first_song, songs=count, size=64 * KIB, each=SONG_BYTES,
                            **{"from": SONG_BYTES * 9 // 10}, count=count, connections=1)

    with field.playing(peer) as playing:
        cold = play(playing, LATE)
        warm = play(playing, LATE) if peer.caches else None
        near = play(playing, FIRST)
    figures = {"first byte ms, origin 40 ms": cold["ttfb_p50_us"] / 1e3,
               "first byte ms, origin at once": near["ttfb_p50_us"] / 1e3}
    if warm:
        figures["first byte ms warm"] = warm["ttfb_p50_us"] / 1e3
    return figures


def slow_listeners(field, peer, part):
    """W4: 2000 listeners at 24 KiB/s."""
    count = 2000 // part
    with field.playing(peer) as playing:
        process, kernel, starved = playing.hold(count, 24 * KIB, 8)
    return {"KiB/client process": process, "KiB/client kernel": kernel, "KiB/client": process + kernel,
            "starved %": starved / count * 100}


def one_cold_song(field, peer, part):
    """W5: 200 clients ask for one cold song at once, 8 MiB, whose origin answers after 20 ms."""
    count = max(20, 200 // part)
    with field.playing(peer) as playing:
        result = playing.load("whole", song=SHORT, songs=1, length=SHORT_BYTES, each=SHORT_BYTES, count=count,
                              connections=count)
    return {"origin bytes/song": result["origin_bytes"] / SHORT_BYTES, "origin requests": result["origin_requests"],
            "all done s": result["seconds"], "first byte p50 ms": result["ttfb_p50_us"] / 1e3}


def seek_storm(field, peer, part):
    """W6: open-ended ranges, 128 KiB read, closed; 8 at once."""
    count = 1000 // part
    with field.playing(peer) as playing:
        result = playing.load("seeks", song=FIRST, songs=8, size=128 * KIB, count=count, connections=8)
    return {"origin bytes/read": result["origin_bytes"] / (count * 128 * KIB),
            "origin connections/seek": result["origin_connections"] / count,
            "CPU ms/1000": result["cpu"] / count * 1e6}


def resolved_songs(field, peer, part):
    """W7: a song whose address a command of 300 ms has to find, again, and one whose address is known."""
    count = max(4, 20 // part)

    def play(playing, song):
        return playing.load("ranges", song=song, songs=count, size=64 * KIB, each=SONG_BYTES, count=count,
                            connections=1)["ttfb_p50_us"] / 1e3

    if not peer.name.startswith("tonearm"):
        return {}
    with field.playing(peer) as playing:
        return {"first byte ms, first": play(playing, RESOLVED), "first byte ms, later": play(playing, RESOLVED),
                "first byte ms, plain": play(playing, FIRST)}


# name: (title, how it is played, the figure that is drawn)
WORKLOADS = {
    "W1": ("64 KiB ranges", small_ranges, "CPU ms/1000 cold"),
    "W2": ("8 MiB bodies", large_bodies, "CPU s/GB cold"),
    "W3": ("the first byte", far_ranges, "first byte ms, origin 40 ms"),
    "W4": ("slow listeners", slow_listeners, "KiB/client"),
    "W5": ("one cold song for all", one_cold_song, "first byte p50 ms"),
    "W6": ("a seek storm", seek_storm, "origin bytes/read"),
    "W7": ("resolved songs", resolved_songs, "first byte ms, later"),
}
