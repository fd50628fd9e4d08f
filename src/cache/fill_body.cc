#include "cache/fill_body.h"

#include "tonearm/io/deadline.h"

#include "cache/coverage.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace tonearm::cache {
namespace {

/// What has come for many waits so long for more of its batch, and to be written.
constexpr std::chrono::milliseconds hold_back{3};

enum class Extent : std::uint8_t { whole_batches, all };

void drop_begun_batch(ArrivingBlocks& blocks, const Geometry& geometry) {
  const auto last = std::find_if(blocks.rbegin(), blocks.rend(), [&](const auto& block) {
    return geometry.ends_batch(block->block);
  });
  blocks.erase(last.base(), blocks.end());
}

io::Task<bool> write_out(FillJob& job, Extent extent) {
  for (;;) {
    const Geometry geometry = job.version->geometry();
    ArrivingBlocks blocks = job.fill->unwritten(geometry);
    if (extent == Extent::whole_batches) drop_begun_batch(blocks, geometry);
    if (blocks.empty()) co_return true;
    auto write = [&store = job.store, version = job.version, blocks] {
      store.save_descriptors();
      return version->write(blocks);
    };
    const std::optional<bool> written = co_await job.store.ask_disk(std::move(write));
    if (!written.value_or(false)) {
      job.fill->keep_in_memory();
      co_return false;
    }
    job.fill->release(blocks);
  }
}

/// A fill from its description to its end: what has come of it, and what has become of that.
struct RunningFill {
  RunningFill(FillJob& of, source::Resource& from)
      : job(of),
        fill(*of.fill),
        version(of.version),
        resource(from),
        whole(version->whole_only() && !version->is_complete()),
        seekable(version->as_described().length.has_value()),
        showing(
            of.supply.loop, [&from_fill = *of.fill] { from_fill.show(); },
            io::Deadline::Late::expires) {}

  FillJob& job;
  Fill& fill;
  const std::shared_ptr<Version> version;
  source::Resource& resource;
  const bool whole;     ///< Kept as a whole or not at all.
  const bool seekable;  ///< Its length is known.
  std::unique_ptr<io::ByteReader> reader;
  std::uint64_t reader_end = 0;
  bool keeps = true;            ///< The disk has taken everything so far, and is to.
  bool outgrown = false;        ///< It is too large to be kept as a whole.
  bool entered = false;         ///< The first piece was looked at.
  std::uint64_t let_go_to = 0;  ///< The slices before are passed.
  bool expects_many = false;
  bool brings = false;   ///< Something has come.
  io::Deadline showing;  ///< Of what is held back.
};

io::Task<void> write_down(RunningFill& running, Extent extent = Extent::all) {
  if (running.keeps) running.keeps = co_await write_out(running.job, extent);
}

/// A song of unknown length has turned out to be too large: it is passed on to who reads it now.
void keep_no_more(RunningFill& running) {
  running.keeps = false;
  running.outgrown = true;
  running.fill.keep_in_memory();
}

/// What is only passed on takes no place on the disk once all have read it: a stream may have no
/// end.
io::Task<void> let_go_of_what_is_passed(RunningFill& running) {
  const bool is_passed_on = running.whole && !running.keeps;
  if (!is_passed_on || running.job.store.disk().is_silent()) co_return;
  const std::uint64_t slowest = running.fill.slowest();
  const std::uint64_t slice = running.version->geometry().slice_at(slowest);
  if (slice == std::exchange(running.let_go_to, slice)) co_return;
  auto let_go = [version = running.version, slowest] {
    version->let_go(slowest);
    return true;
  };
  co_await running.job.store.ask_disk(std::move(let_go));
}

/// Of what is only passed on the disk takes what memory has no room for, for those who are behind.
/// Whether there is room in memory again.
io::Task<bool> write_for_who_is_behind(RunningFill& running) {
  FillJob& job = running.job;
  const bool is_possible = running.whole && !running.keeps && job.store.disk().writable();
  if (!is_possible || running.version->dead()) co_return false;
  const std::uint64_t before = running.fill.unwritten_bytes();
  co_await write_out(job, Extent::whole_batches);
  co_return running.fill.unwritten_bytes() < before;
}

io::Task<void> wait(RunningFill& running, bool full) {
  if (full) {
    const bool has_room = co_await write_for_who_is_behind(running);
    if (has_room) co_return;
  }
  co_await running.fill.wait_for_readers();
}

/// It can be had by nobody else.
io::Task<void> discard(RunningFill& running) {
  if (running.outgrown) {
    co_await forbid(running.job);
  } else {
    co_await throw_away(running.job);
  }
}

/// Where a block that is kept already begins, the fill ends.
io::Task<void> stop_at_what_is_kept(RunningFill& running) {
  const std::uint64_t position = running.fill.position();
  if (running.whole || position % block_size != 0) co_return;
  Version& version = *running.version;
  const bool enters =
      !std::exchange(running.entered, true) || position % version.geometry().slice_size == 0;
  if (enters && version.look(position, position + 1).kind == Version::Look::Kind::unknown) {
    co_await load_piece(running.job.store, running.version, position);
  }
  if (version.holds(position)) running.fill.limit_to(position);
}

io::Task<void> come_to_end(RunningFill& running, FillOutcome outcome) {
  co_await write_down(running);
  bool complete = outcome == FillOutcome::done && running.keeps;
  if (running.whole && complete) {
    auto keep = [version = running.version] {
      version->complete();
      return true;
    };
    const std::optional<bool> kept = co_await running.job.store.ask_disk(std::move(keep));
    complete = kept.has_value();
  }
  if (running.whole && !complete) co_await discard(running);
  running.fill.end(outcome, {});
}

io::Task<void> break_off(RunningFill& running, Error error) {
  if (running.whole) running.fill.close();
  co_await write_down(running);
  const bool changed = error.kind == ErrorKind::representation_changed;
  if (running.whole || changed) co_await discard(running);
  running.fill.end(changed ? FillOutcome::changed : FillOutcome::failed, std::move(error));
}

/// One chunk of the origin's, of those up to `end`; false when the fill has broken.
io::Task<bool> fetch_some(RunningFill& running, std::uint64_t end) {
  const std::uint64_t position = running.fill.position();
  if (!running.reader || position >= running.reader_end) {
    running.reader.reset();
    running.reader_end = end;
    std::optional<std::uint64_t> stop;
    if (running.seekable) stop = end;
    running.reader = running.resource.read(position, stop);
  }
  const Result<io::Chunk> chunk = co_await running.reader->read();
  running.fill.set_use(running.resource.origin_use());
  if (!chunk) {
    co_await break_off(running, chunk.error());
    co_return false;
  }
  if (chunk->empty()) {
    if (!running.seekable) running.version->set_length(position);
    running.reader_end = 0;
    co_return true;
  }
  const auto count = std::min<std::uint64_t>(end - position, chunk->size());
  const bool holds_back = running.fill.append(
      chunk->memory().first(static_cast<std::size_t>(count)), running.resource.origin_use());
  if (holds_back) running.showing.expire_after(hold_back);
  co_return true;
}

}  // namespace

io::Task<void> fill_body(FillJob& job, source::Resource& resource) {
  RunningFill running(job, resource);
  if (!running.whole) running.fill.write_to(job.store.disk(), *running.version);
  for (bool flows = true; flows;) {
    const bool has_batch = running.fill.unwritten_bytes() >= batch_size;
    if (has_batch) co_await write_down(running, Extent::whole_batches);
    const bool outgrown = running.whole && is_too_large(job.store, running.fill.position());
    if (outgrown) keep_no_more(running);
    co_await let_go_of_what_is_passed(running);
    co_await stop_at_what_is_kept(running);
    const Fill::Next next = running.fill.next(running.version->geometry(), running.whole);
    switch (next.kind) {
      case Fill::Next::Kind::end:
        co_return co_await come_to_end(running, next.outcome);
      case Fill::Next::Kind::wait:
        co_await write_down(running);
        co_await wait(running, next.full);
        break;
      case Fill::Next::Kind::fetch:
        // Once: how large the parts are later, how they were taken tells better.
        if (next.crowded && !std::exchange(running.expects_many, true))
          resource.expect_many_readers();
        resource.ask_up_to(next.stop);
        flows = co_await fetch_some(running, next.end);
        break;
    }
  }
}

}  // namespace tonearm::cache
