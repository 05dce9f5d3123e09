"""MPEG-TS that tells where each of its bytes comes from, and a reader that checks it.

A programme of one MPEG-2 video PID (ISO 13818-1): PAT and PMT in front of every
random access point, a PCR a frame, a continuity counter without a break, and in
every video packet its own number, counted since the programme began. Whoever
receives it can say which packets came, in which order, and which are missing.
"""

PACKET = 188
PAT_PID, PMT_PID, VIDEO_PID = 0, 0x1000, 0x100
FPS = 25
GOP = 12  # frames from one random access point to the next
FRAME_PACKETS = 20  # video packets a frame: 752 kbit/s

NUMBER = b"#%015d#"
NUMBER_LEN = 17


def crc32_mpeg(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc.to_bytes(4, "big")


def section(pid, body, counter):
    payload = b"\0" + body + crc32_mpeg(body)
    head = bytes([0x47, 0x40 | pid >> 8, pid & 0xFF, 0x10 | counter & 15])
    return head + payload + b"\xff" * (PACKET - 4 - len(payload))


PAT_BODY = bytes.fromhex("00b00d0001c100000001") + (0xE000 | PMT_PID).to_bytes(2, "big")
# One stream of type 2 (MPEG-2 video), which carries the PCR too.
PMT_BODY = (bytes.fromhex("02b0120001c10000") + (0xE000 | VIDEO_PID).to_bytes(2, "big") +
            bytes.fromhex("f00002") + (0xE000 | VIDEO_PID).to_bytes(2, "big") +
            bytes.fromhex("f000"))


def timestamp(prefix, t):
    """33 bits of 90 kHz in the five bytes of a PES header."""
    return bytes([prefix << 4 | (t >> 29 & 0x0E) | 1, t >> 22 & 0xFF, (t >> 14 & 0xFE) | 1,
                  t >> 7 & 0xFF, (t << 1 & 0xFE) | 1])


def pes_start(t, key):
    head = b"\0\0\1\xe0\0\0\x80\x80\x05" + timestamp(2, t)
    if key:  # a sequence header of 720x576 with its extension, and a group of pictures
        head += bytes.fromhex("000001b32d02403301d620a0000001b5148a00010000000001b800080000")
    return head + b"\0\0\1\0" + (b"\0\x0f\xff\xf8" if key else b"\0\x17\xff\xf8")


def adaptation(t, key, length):
    """An adaptation field of `length` bytes with a PCR."""
    pcr = (t >> 1 & 0xFFFFFFFF).to_bytes(4, "big") + bytes([(t & 1) << 7 | 0x7E, 0])
    field = bytes([0x50 if key else 0x10]) + pcr
    return bytes([length - 1]) + field + b"\xff" * (length - 1 - len(field))


def frame(n, scrambled=False):
    """Frame n of the programme; in front of a random access point stand PAT and PMT."""
    key = n % GOP == 0
    t = (n * 90000 // FPS) & 0x1FFFFFFFF
    packets = []
    if key:
        packets.append(section(PAT_PID, PAT_BODY, n // GOP))
        packets.append(section(PMT_PID, PMT_BODY, n // GOP))
    for i in range(FRAME_PACKETS):
        number = n * FRAME_PACKETS + i
        control = (0x80 if scrambled else 0) | (0x30 if i == 0 else 0x10) | number & 15
        head = bytes([0x47, (0x40 if i == 0 else 0) | VIDEO_PID >> 8, VIDEO_PID & 0xFF, control])
        body = (adaptation(t, key, 8) + pes_start(t, key)) if i == 0 else b""
        fill = PACKET - 4 - len(body) - NUMBER_LEN
        packets.append(head + body + b"\xaa" * fill + NUMBER % number)
    return b"".join(packets)


class Seen:
    """What came out of a stream: fill it with bytes cut anywhere."""

    def __init__(self):
        self.rest = b""
        self.packets = 0
        self.numbers = []  # of the video packets, in order
        self.first = []  # (pid, random access) of the first three packets
        self.lost_sync = 0  # packets that did not begin with 0x47
        self.breaks = 0  # continuity counters that did not follow
        self._counters = {}

    def feed(self, data):
        data = self.rest + data
        whole = len(data) - len(data) % PACKET
        for at in range(0, whole, PACKET):
            self._packet(data[at:at + PACKET])
        self.rest = data[whole:]

    def _packet(self, p):
        self.packets += 1
        if p[0] != 0x47:
            self.lost_sync += 1
            return
        pid = (p[1] & 0x1F) << 8 | p[2]
        counter, has_field, has_payload = p[3] & 15, p[3] & 0x20, p[3] & 0x10
        flags = p[5] if has_field and p[4] > 0 else 0
        if len(self.first) < 3:
            self.first.append((pid, bool(flags & 0x40)))
        if pid == 0x1FFF or not has_payload:
            return
        before = self._counters.get(pid)
        if before is not None and counter != before + 1 & 15 and not flags & 0x80:
            self.breaks += 1
        self._counters[pid] = counter
        tail = p[-NUMBER_LEN:]
        if pid == VIDEO_PID and tail[:1] == b"#" and tail[-1:] == b"#":
            self.numbers.append(int(tail[1:-1]))

    def missing(self):
        """How many numbers are absent between the first and the last that came."""
        return 0 if not self.numbers else \
            self.numbers[-1] - self.numbers[0] + 1 - len(self.numbers)

    def begins_well(self):
        """PAT, PMT, then a random access point: what a player needs to start at once."""
        return self.first == [(PAT_PID, False), (PMT_PID, False), (VIDEO_PID, True)]
