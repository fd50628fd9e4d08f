#include "cache/cached_reader.h"

#include "tonearm/io/page_cache.h"

#include <algorithm>
#include <optional>
#include <stop_token>
#include <utility>

namespace tonearm::cache {
namespace {

constexpr int most_in_vain = 3;

/// At a time of what is still on its way. For this one others may wait, and one that takes longer
/// than release_after stands still in their eyes.
constexpr std::uint64_t step = 64 * 1024;

}  // namespace

io::Task<Result<io::Chunk>> CachedResource::Reader::read() {
  if (sent_.file && !version_->is_as_it_was(sent_)) {
    co_return Error{ErrorKind::representation_changed, "a piece was altered while it was sent", {}};
  }
  sent_ = {};
  block_.reset();
  if (direct_) co_return co_await read_direct();
  std::uint64_t verified = position_;  // up to there, just now
  for (;;) {
    const std::uint64_t end = end_ ? *end_ : version_->geometry().length;
    if (position_ >= end) co_return io::Chunk();
    resource_.seat_.move_to(position_);
    Version::Look look = version_->look(position_, reach(end));
    if (look.kind == Version::Look::Kind::kept) {
      const bool just_read = verified > position_;
      if (just_read) look.end = std::min(look.end, verified);
      if (just_read || is_in_memory(look)) co_return hand_out(std::move(look));
      // What comes from the disk again may not be what was written, or not come at all.
      version_->doubt(position_);
      continue;
    }
    const bool is_unproven = look.kind == Version::Look::Kind::unproven;
    const bool is_for_disk = is_unproven || look.kind == Version::Look::Kind::unknown;
    if (is_for_disk && !resource_.comes_past_disk(position_)) {
      const Result<bool> told = co_await ask_disk_or_turn(look);
      if (!told) co_return told.error();
      if (direct_) co_return co_await read_direct();
      if (*told && is_unproven) verified = look.end;
      continue;
    }
    Result<std::optional<io::Chunk>> chunk = co_await read_arriving(end);
    if (!chunk) co_return chunk.error();
    if (*chunk) co_return **chunk;
    if (direct_) co_return co_await read_direct();
  }
}

/// What the disk has not told, or proven, of the byte at `position_`; false: look again. From the
/// origin if that cannot be had now.
io::Task<Result<bool>> CachedResource::Reader::ask_disk_or_turn(const Version::Look& look) {
  const bool told = co_await ask_disk(look);
  if (told || resource_.comes_past_disk(position_)) co_return told;
  // Who leaves the only fill of a song ends it.
  const bool stays = resource_.has_only_one_fill() && !is_patient_;
  if (!stays) {
    const Result<void> turned = co_await turn_to_origin();
    if (turned) co_return false;
    if (is_patient_) co_return turned.error();
  }
  is_patient_ = true;
  co_return false;
}

io::Task<bool> CachedResource::Reader::ask_disk(const Version::Look& look) {
  Store& store = resource_.store_;
  auto ask = [&store, version = version_, first = position_, end = look.end, kind = look.kind] {
    if (kind == Version::Look::Kind::unknown) return store.load_piece(*version, first);
    version->verify(first, end);
    return true;
  };
  if (is_patient_) {
    auto ask_on = [ask = std::move(ask)](const std::stop_token&) { return ask(); };
    co_return co_await store.pool().run_while_wanted(std::move(ask_on));
  }
  const std::optional<bool> told = co_await store.ask_disk(std::move(ask));
  co_return told.value_or(false);
}

/// How far one chunk may go.
std::uint64_t CachedResource::Reader::reach(std::uint64_t end) const {
  return resource_.has_only_one_fill() ? std::min(end, position_ + step) : end;
}

/// So that sendfile() does not wait for a disk, and the whole loop with it.
bool CachedResource::Reader::is_in_memory(const Version::Look& kept) const {
  return kept.warm ||
         io::is_in_page_cache(kept.file->descriptor(), kept.offset, kept.end - position_);
}

io::Chunk CachedResource::Reader::hand_out(Version::Look kept) {
  version_->note_sending(kept, position_);
  io::FileRegion region;
  region.descriptor = kept.file->descriptor();
  region.offset = kept.offset;
  region.size = kept.end - position_;
  position_ = kept.end;
  resource_.account_.kept_bytes += region.size;
  note_progress();
  sent_ = std::move(kept);
  return io::Chunk(region);
}

io::Task<Result<std::optional<io::Chunk>>> CachedResource::Reader::read_arriving(
    std::uint64_t end) {
  Fill::Seat& seat = resource_.seat_;
  auto seated = Seated::at_fill;
  if (!seat) {
    seated = in_vain_ < most_in_vain ? resource_.take_seat(position_, end) : Seated::nowhere;
  }
  if (seated == Seated::needless) co_return std::optional<io::Chunk>();
  if (seated == Seated::nowhere) {
    const Result<void> turned = co_await turn_to_origin();
    if (!turned) co_return turned.error();
    co_return std::optional<io::Chunk>();
  }
  Fill::View view = resource_.look_from_seats(position_);
  const std::shared_ptr<Fill> fill = seat.fill();
  switch (view.kind) {
    case Fill::View::Kind::bytes: {
      const auto most = static_cast<std::size_t>(
          std::min<std::uint64_t>(view.bytes.size(), reach(end) - position_));
      block_ = std::move(view.block);
      position_ += most;
      // Of a hit it had come before it was asked for, and is only not on disk yet.
      const bool had_come = resource_.account_.use.state == source::CacheUse::State::hit &&
                            resource_.account_.has_begun_none();
      (had_come ? resource_.account_.kept_bytes : resource_.account_.fetched_bytes) += most;
      note_progress();
      co_return std::optional<io::Chunk>(io::Chunk(view.bytes.first(most)));
    }
    case Fill::View::Kind::wait:
      has_waited_ = true;
      if (!event_) event_ = std::make_shared<io::Event>(resource_.supply_.loop);
      co_await resource_.wait_at_seats({position_, end}, view.seen, event_);
      co_return std::optional<io::Chunk>();
    case Fill::View::Kind::gone:
      // It went to the disk between the two looks, or it is lost.
      if (version_->look(position_, end).kind == Version::Look::Kind::missing) {
        ++in_vain_;
        seat.leave();
      }
      co_return std::optional<io::Chunk>();
    case Fill::View::Kind::ended:
      co_return after(*fill);
  }
  co_return std::optional<io::Chunk>();
}

void CachedResource::Reader::note_progress() {
  resource_.leave_slow_fill();
  in_vain_ = 0;
  has_waited_ = false;
  is_patient_ = false;
}

/// A fill has ended before `position_`. What it failed of long ago may have passed, where it can be
/// tried again.
Result<std::optional<io::Chunk>> CachedResource::Reader::after(const Fill& fill) {
  const Error error = fill.error();
  const auto outcome = fill.outcome();
  resource_.seat_.leave();
  const bool only_way = version_->whole_only() && !version_->is_complete();
  const bool may_begin_anew =
      resource_.account_.has_delivered_nothing() && resource_.has_time_left();
  if (outcome == FillOutcome::failed && only_way && may_begin_anew) {
    in_vain_ = most_in_vain;  // it cannot resume, but nothing was sent: begun anew at the origin
    return std::optional<io::Chunk>();
  }
  const bool final = std::exchange(has_waited_, false) || only_way;
  if (outcome == FillOutcome::changed || (outcome == FillOutcome::failed && final)) return error;
  if (!version_->holds(position_)) ++in_vain_;
  return std::optional<io::Chunk>();
}

io::Task<Result<void>> CachedResource::Reader::turn_to_origin() {
  Result<std::unique_ptr<io::ByteReader>> direct =
      co_await resource_.read_directly(position_, end_);
  if (!direct) co_return direct.error();
  direct_ = std::move(*direct);
  co_return Result<void>{};
}

io::Task<Result<io::Chunk>> CachedResource::Reader::read_direct() {
  Result<io::Chunk> chunk = co_await direct_->read();
  if (chunk) resource_.account_.fetched_bytes += chunk->size();
  co_return chunk;
}

}  // namespace tonearm::cache
