//! What every cluster does, whatever it is made of: one suite for both adapters.

mod arena;
mod drift;
mod lists;
mod verbs;

pub use arena::*;
pub use drift::*;
pub use lists::*;
pub use verbs::*;

/// Hands the names of all tests of the contract to a macro, which makes a test of each for one adapter.
macro_rules! each {
    ($make:ident) => {
        $make! {
            a_second_create_is_a_conflict
            what_is_made_by_apply_must_not_be_there
            what_is_missing_is_none
            an_equal_apply_writes_nothing
            a_field_that_is_dropped_vanishes
            a_field_that_two_own_stays
            a_dry_run_writes_nothing
            another_uid_is_a_conflict
            an_older_version_is_a_conflict
            deleting_asks_for_the_uid
            a_finalizer_keeps_an_object
            a_namespace_takes_all_in_it_along
            nothing_is_made_in_a_namespace_that_is_missing
            wrong_objects_are_invalid
            what_cannot_change_is_invalid
            no_error_quotes_a_secret
            patches_are_tested_and_owned
            right_after_an_apply_nothing_drifts
            a_changed_value_is_drift
            a_removed_item_is_drift
            a_replaced_list_is_drift
            a_taken_label_is_drift
            what_others_add_is_extra
            generated_values_survive_applies
            lists_select_by_label
            a_list_has_all_metadata
            custom_resources_are_served_by_their_definition
        }
    };
}
pub(crate) use each;
