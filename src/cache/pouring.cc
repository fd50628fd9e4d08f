#include "cache/pouring.h"

#include "cache/foresight.h"

#include <algorithm>
#include <utility>

namespace tonearm::cache {
namespace {

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
    auto write = [&shelf = job.shelf, version = job.version, blocks] {
      shelf.save_descriptors();
      return version->write(blocks);
    };
    const bool written = co_await job.shelf.pool().run(std::move(write));
    if (!written) {
      job.fill->keep_in_memory();
      co_return false;
    }
    job.fill->release(blocks);
  }
}

/// A fill from its description to its end: what has come of it, and what has become of that.
struct Pouring {
  Pouring(FillJob& of, source::Resource& from)
      : job(of),
        fill(*of.fill),
        version(of.version),
        resource(from),
        whole(version->whole_only() && !version->is_complete()),
        seekable(version->what().length.has_value()) {}

  FillJob& job;
  Fill& fill;
  const std::shared_ptr<Version> version;
  source::Resource& resource;
  const bool whole;     ///< Kept as a whole or not at all.
  const bool seekable;  ///< Its length is known.
  std::unique_ptr<io::ByteReader> reader;
  std::uint64_t reader_end = 0;
  bool writing = true;   ///< The disk has taken everything so far.
  bool entered = false;  ///< The first piece was looked at.
  bool hastened = false;
};

io::Task<void> write_down(Pouring& pouring, Extent extent = Extent::all) {
  if (pouring.writing) pouring.writing = co_await write_out(pouring.job, extent);
}

/// A song of unknown length has turned out to be too large: its readers read on.
io::Task<void> keep_no_more(Pouring& pouring) {
  const bool writing = std::exchange(pouring.writing, false);
  if (!writing) co_return;
  pouring.fill.keep_in_memory();
  co_await forbid(pouring.job);
  // Else it takes its place on the disk until the last of them leaves, and a stream may have no
  // end.
  auto let_go = [version = pouring.version, slowest = pouring.fill.slowest()] {
    version->let_go(slowest);
  };
  co_await on_pool(pouring.job.shelf, std::move(let_go));
}

/// Where a block that is kept already begins, the fill ends.
io::Task<void> stop_at_what_is_kept(Pouring& pouring) {
  const std::uint64_t position = pouring.fill.position();
  if (pouring.whole || position % block_size != 0) co_return;
  Version& version = *pouring.version;
  const bool enters =
      !std::exchange(pouring.entered, true) || position % version.geometry().slice_size == 0;
  if (enters && version.look(position, position + 1).kind == Version::Look::Kind::unknown) {
    co_await load_piece(pouring.job.shelf, pouring.version, position);
  }
  if (version.holds(position)) pouring.fill.limit_to(position);
}

io::Task<void> come_to_end(Pouring& pouring, FillOutcome outcome) {
  co_await write_down(pouring);
  const bool complete = outcome == FillOutcome::done && pouring.writing;
  if (pouring.whole && complete) {
    auto keep = [version = pouring.version] { version->complete(); };
    co_await on_pool(pouring.job.shelf, std::move(keep));
  }
  if (pouring.whole && !complete) co_await throw_away(pouring.job);
  pouring.fill.end(outcome, {});
}

io::Task<void> break_off(Pouring& pouring, Error error) {
  if (pouring.whole) pouring.fill.close();
  co_await write_down(pouring);
  const bool changed = error.kind == ErrorKind::representation_changed;
  if (pouring.whole || changed) co_await throw_away(pouring.job);
  pouring.fill.end(changed ? FillOutcome::changed : FillOutcome::failed, std::move(error));
}

/// One chunk of the origin's, of those up to `end`; false when the fill has broken.
io::Task<bool> fetch_some(Pouring& pouring, std::uint64_t end) {
  const std::uint64_t position = pouring.fill.position();
  if (!pouring.reader || position >= pouring.reader_end) {
    pouring.reader.reset();
    pouring.reader_end = end;
    std::optional<std::uint64_t> stop;
    if (pouring.seekable) stop = end;
    pouring.reader = pouring.resource.read(position, stop);
  }
  const Result<io::Chunk> chunk = co_await pouring.reader->read();
  pouring.fill.set_use(pouring.resource.origin_use());
  if (!chunk) {
    co_await break_off(pouring, chunk.error());
    co_return false;
  }
  if (chunk->empty()) {
    if (!pouring.seekable) pouring.version->set_length(position);
    pouring.reader_end = 0;
    co_return true;
  }
  const auto count = std::min<std::uint64_t>(end - position, chunk->size());
  pouring.fill.append(chunk->memory().first(static_cast<std::size_t>(count)),
                      pouring.resource.origin_use());
  co_return true;
}

}  // namespace

io::Task<void> pour(FillJob& job, source::Resource& resource) {
  Pouring pouring(job, resource);
  if (!pouring.whole) pouring.fill.write_to(job.shelf.disk(), *pouring.version);
  for (bool flows = true; flows;) {
    const bool has_batch = pouring.fill.unwritten_bytes() >= batch_size;
    if (has_batch) co_await write_down(pouring, Extent::whole_batches);
    const bool outgrown = pouring.whole && is_too_large(job.shelf, pouring.fill.position());
    if (outgrown) co_await keep_no_more(pouring);
    co_await stop_at_what_is_kept(pouring);
    const Fill::Next next = pouring.fill.next(pouring.version->geometry(), pouring.whole);
    switch (next.kind) {
      case Fill::Next::Kind::end:
        co_return co_await come_to_end(pouring, next.outcome);
      case Fill::Next::Kind::wait:
        co_await write_down(pouring);
        co_await pouring.fill.wait_for_readers();
        break;
      case Fill::Next::Kind::fetch:
        // Once: how large the parts are later, how they were taken tells better.
        if (next.crowded && !std::exchange(pouring.hastened, true)) resource.hasten();
        resource.ask_up_to(next.stop);
        flows = co_await fetch_some(pouring, next.end);
        break;
    }
  }
}

}  // namespace tonearm::cache
