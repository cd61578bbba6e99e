package dev.corral.server.model;

/**
 * Where models come from that a server does not have yet. Its methods block, and throw {@link dev.corral.server.http.ApiException}
 * where a client has to learn why not.
 */
public interface ModelSource {

    /** A model that can be had. */
    interface Offer {

        /** What clients will call it. */
        String name();

        /**
         * Gets its files; what is there already stays.
         *
         * @param progress told how far it is
         */
        void bring(ModelDownload progress) throws InterruptedException;

        /** How it is loaded, once it is there. */
        ModelPlan plan();
    }

    /** The model of a name. */
    Offer find(String asked) throws InterruptedException;

    /** Deletes the files of a model; refuses at once where it is not one that could have come from here. */
    Runnable deletion(ServedModel model);
}
