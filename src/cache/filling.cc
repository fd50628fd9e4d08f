#include "cache/filling.h"

#include "cache/fill_body.h"
#include "cache/fill_job.h"
#include "cache/same_version.h"
#include "cache/visiting.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

namespace tonearm::cache {
namespace {

io::Task<void> fetch_missing(std::shared_ptr<FillJob> job, std::uint64_t wanted_end) {
  Fill& fill = *job->fill;
  Result<std::unique_ptr<source::Resource>> opened = job->supply.source->open(job->supply.request);
  if (!opened) co_return fill.end(FillOutcome::failed, opened.error());
  const std::unique_ptr<source::Resource> resource = std::move(*opened);
  const http::Representation kept = job->version->as_described();
  source::ReadIntent ask;
  ask.range.emplace();
  ask.range->first = fill.first();
  if (wanted_end < kept.length.value_or(endless)) ask.range->last = wanted_end - 1;
  Result<http::Representation> what = co_await resource->describe(ask);
  fill.set_use(resource->origin_use());
  const bool gone = !what && what.error().kind == ErrorKind::destination_not_found;
  if (!what && !gone) co_return fill.end(FillOutcome::failed, what.error());
  if (gone || !is_same_version(kept, *what)) {
    co_await throw_away(*job);
    Error error{ErrorKind::representation_changed, "the origin has another version now", {}};
    co_return fill.end(FillOutcome::changed, std::move(error));
  }
  // This answer serves who waits for it, and nothing of the song is kept any more.
  if (!http::is_storable(what->caching)) co_await forbid(*job);
  fill.set_verified();
  co_await fill_body(*job, *resource);
}

/// Whoever waits for a fill that a bug has ended is told so.
void fail(FillJob& job, const std::string& what) {
  spdlog::error("a fill ended with an exception: {}", what);
  const Error error{ErrorKind::internal, what, {}};
  if (job.visit && job.visit->result == Visit::Result::pending) {
    job.visit->result = Visit::Result::failed;
    job.visit->error = error;
  }
  job.fill->end(FillOutcome::failed, error);
}

void look_at_exception(FillJob& job, const std::exception_ptr& thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    if (error.code() != io::asio::error::operation_aborted) fail(job, error.what());
  } catch (const std::exception& error) {
    fail(job, error.what());
  }
}

template <class Task>
void spawn(const std::shared_ptr<FillJob>& job, Task task) {
  auto ended = [job](const std::exception_ptr& thrown) { look_at_exception(*job, thrown); };
  io::asio::co_spawn(
      job->supply.loop, std::move(task),
      io::asio::bind_cancellation_slot(job->fill->cancellation().slot(), std::move(ended)));
}

}  // namespace

void start_visit(std::shared_ptr<FillJob> job, Inquiry inquiry,
                 std::shared_ptr<HandOver> hand_over) {
  if (!job->store.started(job->fill)) return;
  spawn(job, visit_origin(job, std::move(inquiry), std::move(hand_over)));
}

void start_fill(std::shared_ptr<FillJob> job, std::uint64_t wanted_end) {
  if (!job->store.started(job->fill)) return;
  spawn(job, fetch_missing(job, wanted_end));
}

}  // namespace tonearm::cache
