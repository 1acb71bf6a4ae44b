"""What the shared routines, and some kernels, move elements by: rows, matrices, and parts of views.

A strided view is described by words: item size, number of dimensions, then size and stride (in
bytes) of each. Other texts have the source of these functions in them (`skeletons.as_helpers`).
"""

# pyright: reportUndefinedVariable=false
# The names come from the kernels' namespace, into which the source of these functions is executed.
# ruff: noqa: F821

from __future__ import annotations


def turn(target, source, size, count):
    """Copy items of 1, 2, 4 or 8 bytes, side by side, in reverse order: from the last on. Vectors
    are turned, so what is read and written must not overlap.
    """
    if size == 8:
        for i in range(count):
            store_i8(target, i, load_i8(source, -i))
    elif size == 4:
        for i in range(count):
            store_i4(target, i, load_i4(source, -i))
    elif size == 2:
        for i in range(count):
            store_i2(target, i, load_i2(source, -i))
    else:
        for i in range(count):
            store_i1(target, i, load_i1(source, -i))


def move(target, source, size, count, step_to, step_from):
    """Copy `count` items between addresses that advance by a step each.

    One after the other, by loads outside of the scope that stores never touch: in it, LLVM would
    make vectors of items that lie apart, which takes up to five times as long.
    """
    word = size == 8 or size == 4 or size == 2 or size == 1
    few = step_from in (2 * size, 3 * size, 4 * size) and count > 0
    if step_to == size and step_from == size:
        if count * size <= RUN:
            copy_runs(target, source, count * size, 1, 0, 0)
        else:
            copy_bytes(target, source, count * size)
    elif step_to == size and step_from == 0 and word:
        fill_runs(target, source, size, count * size, 1, 0, 0)
    elif step_to == size and step_from == -size and word:
        turn(target, source, size, count)
    elif step_to == -size and step_from == size and word:
        turn(target - (count - 1) * size, source + (count - 1) * size, size, count)
    elif (size == 4 or size == 8) and step_to == size and few:
        take_every(target, source, size, step_from // size, count)
    elif size == 8:
        for i in range(count):
            store_i8(target + i * step_to, 0, reload_i8(source + i * step_from, 0))
    elif size == 4:
        for i in range(count):
            store_i4(target + i * step_to, 0, reload_i4(source + i * step_from, 0))
    elif size == 16:
        for i in range(count):
            store_i8(target + i * step_to, 0, reload_i8(source + i * step_from, 0))
            store_i8(target + i * step_to, 1, reload_i8(source + i * step_from, 1))
    elif size == 1:
        for i in range(count):
            store_i1(target + i * step_to, 0, reload_i1(source + i * step_from, 0))
    elif size == 2:
        for i in range(count):
            store_i2(target + i * step_to, 0, reload_i2(source + i * step_from, 0))
    else:
        for i in range(count):
            copy_bytes(target + i * step_to, source + i * step_from, size)


def move_rows(target, source, size, rows, count, rows_to, rows_from, step_to, step_from):
    """Copy rows of few items, without what `move` asks of each row."""
    if step_to == size and step_from == size and count * size <= RUN:
        copy_runs(target, source, count * size, rows, rows_to, rows_from)
    elif size == 8:
        for row in range(rows):
            for i in range(count):
                item = reload_i8(source + row * rows_from + i * step_from, 0)
                store_i8(target + row * rows_to + i * step_to, 0, item)
    elif size == 4:
        for row in range(rows):
            for i in range(count):
                item = reload_i4(source + row * rows_from + i * step_from, 0)
                store_i4(target + row * rows_to + i * step_to, 0, item)
    else:
        for row in range(rows):
            move(target + row * rows_to, source + row * rows_from, size, count, step_to, step_from)


def turn_rows(target, source, size, rows, count, rows_to, step_from):
    """Copy rows of items of 4 or 8 bytes, which lie a step apart, each behind that of the row
    before: by squares, in bands of as many rows as a line of the caches has items.
    """
    whole, band = rows - rows % 8, LINE // size
    for first in range(0, whole, band):
        for left in range(0, count, 8):
            for top in range(first, min(first + band, whole), 8):
                to = target + top * rows_to + left * size
                origin = source + top * size + left * step_from
                if size == 4:
                    turn_8_f4(to, rows_to, min(8, count - left), origin, step_from, 8)
                else:
                    turn_8_f8(to, rows_to, min(8, count - left), origin, step_from, 8)
    for row in range(whole, rows):
        move(target + row * rows_to, source + row * size, size, count, size, step_from)


def spread_rows(target, source, size, rows, count, rows_from, step_from):
    """Copy rows, which are all one or each of one item, to side by side."""
    length = count * size
    if rows_from == 0:
        move(target, source, size, count, size, step_from)
        double(target, length, rows * length)
        return
    first, word = 0, size == 8 or size == 4 or size == 2 or size == 1
    if rows_from == size and word:
        # By vectors, which reach up to a line beyond their row.
        first = max(0, rows - 1 - LINE // length)
        if size == 8:
            repeat_i8(source, first, count, target)
        elif size == 4:
            repeat_i4(source, first, count, target)
        elif size == 2:
            repeat_i2(source, first, count, target)
        else:
            repeat_i1(source, first, count, target)
    target, source, rows = target + first * length, source + first * rows_from, rows - first
    if word:
        fill_runs(target, source, size, length, rows, length, rows_from)
        return
    for row in range(rows):
        move(target + row * length, source + row * rows_from, size, count, size, step_from)


def double(target, done, nbytes):
    """Copy what is there, so many bytes, again and again, until there are `nbytes`."""
    while done < nbytes:
        more = min(done, nbytes - done)
        move(target + done, target, 1, more, 1, 1)
        done += more


def move_matrix(target, down_to, across_to, source, down_from, across_from, size, rows, columns):
    """Copy a matrix, of which either may lie by rows or by columns: tile by tile, whose lines of
    the cache are read for its first column.
    """
    tall = rows if down_to == size and down_from == size else 256
    for top in range(0, rows, tall):
        for left in range(0, columns, 8):
            for j in range(left, min(left + 8, columns)):
                to = target + top * down_to + j * across_to
                origin = source + top * down_from + j * across_from
                move(to, origin, size, min(tall, rows - top), down_to, down_from)


def begin(base, view, index, start):
    """The address of element `start` of a view, whose place along each axis is left in `index`."""
    words = table_at(view)
    for d in range(words[1] - 1, -1, -1):
        extent = words[2 + 2 * d]
        index[d] = start % extent
        base += index[d] * words[3 + 2 * d]
        start = start // extent
    return base


def transfer(contiguous, base, view, start, count, scatter):
    """Copy elements [start, start + count) of a view, in logical order, to (or from) contiguous
    memory.
    """
    words = table_at(view)
    size, ndim = words[0], words[1]
    index = table_at(stack_words(64))
    address = begin(base, view, index, start)
    if ndim == 0:
        copy_bytes(base if scatter else contiguous, contiguous if scatter else base, size)
        return
    last = ndim - 1
    inner, stride = words[2 + 2 * last], words[3 + 2 * last]
    done = 0
    while done < count:
        run = min(inner - index[last], count - done)
        near = contiguous + done * size
        target, source = (address, near) if scatter else (near, address)
        step_to, step_from = (stride, size) if scatter else (size, stride)
        d, rows = last - 1, 1
        apart = words[3 + 2 * d] if last > 0 else size
        repeated = not scatter and (stride == 0 or apart == 0)
        few = inner < 16 or (stride == size and inner * size <= RUN)
        turned = not scatter and last > 0 and apart == size and stride != size and inner >= 8
        turned = turned and (size == 4 or size == 8)
        if last > 0 and index[last] == 0 and (few or repeated or turned):  # all rows that there are
            rows = max(1, min(words[2 + 2 * d] - index[d], (count - done) // inner))
        if rows > 1:
            run = rows * inner
            if repeated:
                spread_rows(target, source, size, rows, inner, apart, step_from)
            elif turned:
                turn_rows(target, source, size, rows, inner, inner * size, step_from)
            else:
                to, origin = (apart, inner * size) if scatter else (inner * size, apart)
                move_rows(target, source, size, rows, inner, to, origin, step_to, step_from)
        else:
            move(target, source, size, run, step_to, step_from)
        done += run
        address -= index[last] * stride
        index[last] = 0
        while d >= 0:
            index[d] += rows
            address += rows * words[3 + 2 * d]
            if index[d] < words[2 + 2 * d]:
                break
            address -= index[d] * words[3 + 2 * d]
            index[d] = 0
            d -= 1
            rows = 1


def repeats(view, count):
    """How many elements of a view, at most `count`, come again and again, and how many times:
    those inside of an axis that repeats; 0 if there are none.
    """
    words = table_at(view)
    inside, found, times = 1, 0, 1
    for d in range(words[1] - 1, -1, -1):
        if words[3 + 2 * d] == 0 and 1 < inside <= count:
            found, times = inside, words[2 + 2 * d]
        inside *= words[2 + 2 * d]
    return found, times


def rows_alike(view, length):
    """How many rows of so many elements on end are the same in a view, from any multiple of that
    on: those that an axis has which repeats.
    """
    words = table_at(view)
    inside, found = 1, 1
    for d in range(words[1] - 1, -1, -1):
        after = inside * words[2 + 2 * d]
        if after > length:
            # Rows are alike only if they begin and end where what repeats does.
            if words[3 + 2 * d] != 0 or max(inside, length) % min(inside, length) != 0:
                break
            if after % length != 0:
                break
            found = after // length
        inside = after
    return found


def gather(target, base, view, start, count):
    """Copy elements [start, start + count) of a view to contiguous memory. What comes again is
    copied from there.
    """
    period, times = repeats(view, count)
    size = table_at(view)[0]
    done = 0
    while done < count:
        here = target + done * size
        left = count - done
        if period > 0:
            left = min(left, period * times - (start + done) % (period * times))
        own = min(left, period) if period > 0 else left
        transfer(here, base, view, start + done, own, False)
        double(here, own * size, left * size)
        done += left


def locate(base, view, start):
    """The address of element `start` of a view."""
    words = table_at(view)
    address = base
    for d in range(words[1] - 1, -1, -1):
        extent = words[2 + 2 * d]
        address += (start % extent) * words[3 + 2 * d]
        start = start // extent
    return address


def named_row(base, index, view, place):
    """The address of the row that an index names. Negative ones count from the end. Indices were
    checked, but another library may have written over them since: it is one that there is.

    Words of the view: item size, elements a row, how many rows there are, the bytes from one to the
    next, and how many are named; then what `row_of_table` reads.
    """
    words = table_at(view)
    at, rows = load_i8(index, place), words[2]
    return base + min(max(at + rows if at < 0 else at, 0), rows - 1) * words[3]


def row_of_table(base, index, view, place):
    """The same of rows of several tables, of each of which as many are named.

    Further words: how many are, the bytes from a table to the next, and how many tables in a row
    have the same indices.
    """
    words = table_at(view)
    table = quotient(place, words[5])
    place -= (table - quotient(table, words[7])) * words[5]
    return named_row(base + table * words[6], index, view, place)


def take_rows(target, source, index, count, rows, size):
    """Copy the rows that indices name, of so many bytes, to side by side, as `named_row` has it."""
    for m in range(count):
        at = load_i8(index, m)
        at = min(max(at + rows if at < 0 else at, 0), rows - 1)
        if size == 4:
            store_i4(target, m, load_i4(source, at))
        elif size == 8:
            store_i8(target, m, load_i8(source, at))
        else:
            copy_bytes(target + m * size, source + at * size, size)


def take_named(target, base, index, view, place, count):
    """Copy the rows that so many indices name, from a place on, to side by side, table by table.
    Rows of a table lie one behind the other.
    """
    words = table_at(view)
    own, size = words[5], words[3]
    table = quotient(place, own)
    first, indices = place - table * own, quotient(table, words[7])
    left = (indices + 1) * words[7] - table  # tables that have these
    while count > 0:
        many = min(own - first, count)
        source, at = base + table * words[6], index + (indices * own + first) * 8
        take_rows(target, source, at, many, words[2], size)
        target, table, first, count = target + many * size, table + 1, 0, count - many
        left -= 1
        if left == 0:
            indices, left = indices + 1, words[7]


def ask_row(base, index, view, place, first, nbytes):
    """Have bytes of the row that an index names, if there is that index, come into the caches."""
    if place < table_at(view)[4]:
        row = named_row(base, index, view, place) + first
        for z in range(0, nbytes, LINE):
            fetch_ahead(row + z)


def further(address, view, index, count):
    """Where a view goes on, `count` elements on along its last axis, which has as many."""
    words = table_at(view)
    d = words[1] - 1
    index[d] += count
    address += count * words[3 + 2 * d]
    while d > 0 and index[d] == words[2 + 2 * d]:
        address -= index[d] * words[3 + 2 * d]
        index[d] = 0
        d -= 1
        index[d] += 1
        address += words[3 + 2 * d]
    return address


def between(target, to_view, source, from_view, start, count):
    """Copy elements [start, start + count) of a view to those of another, both of long rows."""
    there, here = table_at(to_view), table_at(from_view)
    target_index, source_index = table_at(stack_words(64)), table_at(stack_words(64))
    target = begin(target, to_view, target_index, start)
    source = begin(source, from_view, source_index, start)
    t, s = there[1] - 1, here[1] - 1
    while count > 0:
        run = min(there[2 + 2 * t] - target_index[t], here[2 + 2 * s] - source_index[s], count)
        move(target, source, here[0], run, there[3 + 2 * t], here[3 + 2 * s])
        target = further(target, to_view, target_index, run)
        source = further(source, from_view, source_index, run)
        count -= run


def row_contiguous(view):
    """Whether the innermost dimension of a view is contiguous."""
    words = table_at(view)
    return words[1 + 2 * words[1]] == words[0]


def row_length(view):
    """Elements along the innermost dimension of a view; 1 if it has none."""
    words = table_at(view)
    return words[2 * words[1]] if words[1] > 0 else 1
