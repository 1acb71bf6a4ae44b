"""Routines of the CUDA target: what its kernels call, and the kernels that move elements.

Kernels have the signature `(facts, n, *addresses)`; facts and operands are those of `skeletons.py`.
"""

# pyright: reportUndefinedVariable=false
# The names come from the kernels' namespace, into which the source of these functions is executed.
# ruff: noqa: F821

from __future__ import annotations

from ngrad_kernels.moves import named_row, row_of_table

# -- helpers ---------------------------------------------------------------------------------------


def thread_index():
    """This thread's number in the launch."""
    return block_id() * block_size() + thread_id()


def thread_count():
    """How many threads the launch has."""
    return grid_size() * block_size()


def locate(base, view, start):
    """The address of element `start` of a view. What is left for the outermost dimension is its
    index: a division takes as long as several loads.
    """
    words = table_at(view)
    address = base
    for d in range(words[1] - 1, 0, -1):
        rest = quotient(start, words[2 + 2 * d])
        address += (start - rest * words[2 + 2 * d]) * words[3 + 2 * d]
        start = rest
    return address + start * words[3] if words[1] > 0 else address


def locate_row(base, index, view, start):
    """The address of element `start` of the rows that indices name, one behind the other."""
    words = table_at(view)
    place = quotient(start, words[1])
    return named_row(base, index, view, place) + (start - place * words[1]) * words[0]


def locate_in_table(base, index, view, start):
    """The same of rows of several tables."""
    words = table_at(view)
    place = quotient(start, words[1])
    return row_of_table(base, index, view, place) + (start - place * words[1]) * words[0]


def element(base, view, index, size):
    """The address of an element of a view, or (if `view` is 0) of contiguous memory."""
    return base + index * size if view == 0 else locate(base, view, index)


def ahead(better, equal, at, where):
    """Whether the element at `at` comes before the one at `where` as an extreme, given how their
    values compare: of equal ones the first does. -1 is no element.
    """
    return at >= 0 and (where < 0 or better or (equal and at < where))


def row_of(index, rows):
    """The row that an index names; a negative number if none. Negative ones count from the end."""
    row = index + rows if index < 0 else index
    return row if row < rows else -1


def copy_item(target, source, size):
    """Copy an item of 1, 2, 4, 8 or 16 bytes."""
    if size == 16:
        store_i8(target, 0, load_i8(source, 0))
        store_i8(target, 1, load_i8(source, 1))
    elif size == 4:
        store_i4(target, 0, load_i4(source, 0))
    elif size == 8:
        store_i8(target, 0, load_i8(source, 0))
    elif size == 1:
        store_i1(target, 0, load_i1(source, 0))
    else:
        store_i2(target, 0, load_i2(source, 0))


def load_bits(address, index, size):
    """The bits of an element of 1, 2, 4 or 8 bytes."""
    if size == 4:
        return i8(load_i4(address, index))
    if size == 8:
        return load_i8(address, index)
    if size == 1:
        return i8(load_i1(address, index))
    return i8(load_i2(address, index))


def store_bits(address, index, bits, size):
    """Store the low bits of a word as an element of 1, 2, 4 or 8 bytes."""
    if size == 4:
        store_i4(address, index, i4(bits))
    elif size == 8:
        store_i8(address, index, i8(bits))
    elif size == 1:
        store_i1(address, index, i1(bits))
    else:
        store_i2(address, index, i2(bits))


def ordered(bits, infinity):
    """The bits of a float (of an integer, if `infinity` is 0) as a signed integer that orders as it
    does: zeros are equal, and every NaN is the greatest.
    """
    if infinity == 0:
        return bits
    most = infinity | (infinity - 1)
    magnitude = bits & most
    if magnitude > infinity:
        return most
    if magnitude == 0:
        return magnitude
    return bits if bits > 0 else bits ^ most


def digit_at(keys, at, inside, size, infinity, flip, shift):
    """A digit of an element that may not be `inside` of its unit; and the group's lanes that are,
    and those in which each bit of the digit is set.
    """
    digit = i8(0)
    if inside:
        digit = ((ordered(load_bits(keys, at, size), infinity) ^ flip) >> shift) & 15
    bits = ballot(digit & 1), ballot(digit & 2), ballot(digit & 4), ballot(digit & 8)
    return digit, ballot(inside), bits


def holders(digit, lanes, bits):
    """Of lanes, those whose digit this is."""
    for k in range(4):
        lanes &= bits[k] ^ (((digit >> k) & 1) - 1)
    return lanes


HELPERS = (
    thread_index, thread_count, locate, named_row, row_of_table, locate_row, locate_in_table,
    element, ahead, row_of, copy_item, load_bits, store_bits, ordered, digit_at, holders,
)  # fmt: skip


# -- kernels ---------------------------------------------------------------------------------------


def place(facts, n, a0, a1):
    """Copy elements of a source view to a target view."""
    words = table_at(facts)
    source, target = facts + words[0] * 8, facts + words[1] * 8
    size = table_at(source)[0]
    i = thread_index()
    while i < n:
        copy_item(locate(a1, target, i), locate(a0, source, i), size)
        i += thread_count()


def fill(facts, n, a0, a1):
    """Copy one item to n elements."""
    size = table_at(facts)[0]
    i = thread_index()
    while i < n:
        copy_item(a1 + i * size, a0, size)
        i += thread_count()


def clear(facts, n, a0):
    """Zero n words of 8 bytes."""
    i = thread_index()
    while i < n:
        store_i8(a0, i, 0)
        i += thread_count()


def carry(facts, n, a0, w0, w1, w2, w3, w4, w5, w6, w7):
    """Write n bytes, which are in words of the launch itself."""
    i = thread_index()
    while i < n:
        low = w0 if i < 8 else w1 if i < 16 else w2 if i < 24 else w3
        high = w4 if i < 40 else w5 if i < 48 else w6 if i < 56 else w7
        store_i1(a0, i, i1((low if i < 32 else high) >> ((i & 7) * 8)))
        i += thread_count()


def take(facts, n, a0, a1, a2):
    """Gather rows, a unit of 8, 4 or 1 bytes a thread."""
    words = table_at(facts)
    rows, count, size, sharing = words[0], words[1], words[2], words[3]
    aligned = size | a0 | a2
    unit = 8 if aligned % 8 == 0 else 4 if aligned % 4 == 0 else 1
    width = size // unit
    i = thread_index()
    while i < n * width:
        item = i // width
        batch = item // count
        at = load_i8(a1, item if sharing == 1 else item + (batch // sharing - batch) * count)
        at = min(max(at + rows if at < 0 else at, 0), rows - 1)
        source = a0 + (batch * rows + at) * size
        copy_item(a2 + i * unit, source + (i - item * width) * unit, unit)
        i += thread_count()


def pack_bits(facts, n, a0, a1):
    """Bytes of eight bools each: a thread for each."""
    factor = u8(table_at(facts)[0])
    i = thread_index()
    while i < n:
        store_i1(a1, i, i1((load_u8(a0, i) * factor) >> u8(56)))
        i += thread_count()


def unpack_bits(facts, n, a0, a1):
    """The bits of bytes, each as a byte of a word: a thread for each byte of the operand."""
    mask, lowest, most = u8(table_at(facts)[0]), u8(0x0101010101010101), u8(0x7F7F7F7F7F7F7F7F)
    i = thread_index()
    while i < n:
        shown = (u8(load_u1(a0, i)) * lowest) & mask
        store_u8(a1, i, ((shown + most) >> u8(7)) & lowest)
        i += thread_count()


def last(facts, n, a0, a1):
    """For each row of a batch, the last place at which an index names it: a thread for each index,
    of which the greatest remains.
    """
    words = table_at(facts)
    rows, count = words[0], words[1]
    i = thread_index()
    while i < n * count:
        batch = quotient(i, count)
        row = row_of(load_i8(a0, i), rows)
        if row >= 0:
            atomic_max(a1 + (batch * rows + row) * 8, i - batch * count + 1)
        i += thread_count()


def status_clear(facts, n, a0):
    """Have n entries of a status say that nothing is wrong: the least exceeds the greatest."""
    i = thread_index()
    while i < n:
        store_i8(a0, 3 * i, 0)
        store_i8(a0, 3 * i + 1, i8(0x7FFFFFFFFFFFFFFF))
        store_i8(a0, 3 * i + 2, i8(-0x8000000000000000))
        i += thread_count()


def status_inherit(facts, n, a0, a1):
    """Have a status begin with the first fault of the n entries of another."""
    to, source = table_at(a0), table_at(a1)
    if thread_index() == 0:
        for k in range(n):
            if to[1] > to[2] and source[3 * k + 1] <= source[3 * k + 2]:
                for word in range(3):
                    to[word] = source[3 * k + word]


def check_index(facts, n, a0, a1, a2):
    """Copy indices, those out of bounds as the nearest that are not; and note these, as `who`, in
    an entry of a status.
    """
    words = table_at(facts)
    lowest, bound, who, size, mask = words[0], words[1], words[2], words[3], words[4]
    i = thread_index()
    while i < n:
        index = load_bits(a0, i, size) & mask
        if index < lowest or index >= bound:
            store_i8(a2, 0, who)
            atomic_min(a2 + 8, index)
            atomic_max(a2 + 16, index)
        store_bits(a1, i, min(max(index, lowest), bound - 1), size)
        i += thread_count()


def index_keys(facts, n, a0, a1, rows, size):
    """The rows that indices name, as keys of a sort: what names none comes last."""
    i = thread_index()
    while i < n:
        row = row_of(load_i8(a0, i), rows)
        store_bits(a1, i, row if row >= 0 else rows, size)
        i += thread_count()


def sort_count(facts, n, keys, counts, length, units, unit, size, infinity, flip, shift):
    """Count the elements of n units that have each value of a digit: by row, value and unit."""
    lane, item = thread_index() % 16, thread_index() // 16
    while item < n:
        row = item // units
        first = (item - row * units) * unit
        last = min(length, first + unit)
        count = i8(0)
        for start in range(first, last, 16):
            at = start + lane
            _, lanes, bits = digit_at(
                keys, row * length + at, at < last, size, infinity, flip, shift
            )
            count += count_bits(holders(lane, lanes, bits))
        store_i8(counts, (row * 16 + lane) * units + item - row * units, count)
        item += thread_count() // 16


def sort_places(facts, n, counts, count):
    """In each of n rows of counts, put in the place of each the sum of those before it."""
    shared = shared_words(256)
    thread, row = thread_id(), block_id()
    first, last = count * thread // block_size(), count * (thread + 1) // block_size()
    while row < n:
        own = counts + row * count * 8
        total = i8(0)
        for k in range(first, last):
            total += reload_i8(own, k)
        store_i8(shared, thread, total)
        barrier()
        total = i8(0)
        for k in range(thread):
            total += reload_i8(shared, k)
        barrier()
        for k in range(first, last):
            one = reload_i8(own, k)
            store_i8(own, k, total)
            total += one
        row += grid_size()


def sort_move(
    facts, n, keys, order, places, to_keys, to_order,
    length, units, unit, size, infinity, flip, shift,
):  # fmt: skip
    """Move elements, and where they stood at first, to the places of their digit; the elements only
    if there is memory for them.
    """
    lane, item = thread_index() % 16, thread_index() // 16
    while item < n:
        row = item // units
        first = (item - row * units) * unit
        last = min(length, first + unit)
        place = load_i8(places, (row * 16 + lane) * units + item - row * units)
        for start in range(first, last, 16):
            at = row * length + start + lane
            inside = start + lane < last
            digit, lanes, bits = digit_at(keys, at, inside, size, infinity, flip, shift)
            before = count_bits(holders(digit, lanes, bits) & ((1 << lane) - 1))
            to = row * length + shuffle(place, digit) + before
            place += count_bits(holders(lane, lanes, bits))
            if inside:
                store_i8(to_order, to, load_i8(order, at) if shift else start + lane)
                if to_keys != 0:
                    copy_item(to_keys + to * size, keys + at * size, size)
        item += thread_count() // 16
